// A plugin of GraphiQL: example operations that run at a click.
import type { GraphiQLPlugin } from "@graphiql/react";
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import type { Gateway } from "../gateway/page";
import type { Example } from "./examples";
import { EXAMPLES, placed } from "./examples";

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden="true">
      <path d="M5 4h9l5 5v11H5zM14 4v5h5M8.5 13h7M8.5 16.5h5" />
    </svg>
  );
}

function Examples({ gateway }: { gateway: Gateway }) {
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const actions = useGraphiQLActions();
  const show = async (example: Example) => {
    const variables = await placed(gateway, example).catch(() => example.variables);
    queryEditor?.setValue(example.query);
    variableEditor?.setValue(variables);
    actions.setOperationName(/^query (\w+)/.exec(example.query)?.[1] ?? "");
    actions.run();
  };
  return (
    <section className="examples" aria-label="Examples">
      <h2>Examples</h2>
      {EXAMPLES.map((example) => (
        <button key={example.title} type="button" onClick={() => void show(example)}>
          <b>{example.title}</b>
          <span>{example.about}</span>
        </button>
      ))}
    </section>
  );
}

export function examplesPlugin(gateway: Gateway): GraphiQLPlugin {
  return { title: "Examples", icon: Icon, content: () => <Examples gateway={gateway} /> };
}
