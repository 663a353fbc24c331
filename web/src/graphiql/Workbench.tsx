// GraphiQL, with a panel beside it that draws what answers hold and shows how they were found.
import type { Fetcher } from "@graphiql/toolkit";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import type { FormattedExecutionResult } from "graphql";
import { GraphiQL } from "graphiql";
import { useMemo, useState } from "react";
import { at, type Gateway } from "../gateway/page";
import type { Editors } from "./Bridge";
import { Bridge } from "./Bridge";
import { examplesPlugin } from "./Examples";
import { MapPanel } from "./MapPanel";
import { useOperations } from "./operations";
import { PlanPanel } from "./PlanPanel";

interface Response {
  data?: unknown;
  extensions?: Record<string, unknown>;
}

const DEFAULT = `# Ctrl-Enter runs this:
# its shapes are drawn.
# More: Show Examples.
{
  parcels(first: 100) {
    nodes {
      parcelId
      landUse
      geometry
    }
  }
}
`;

function fetcherFor(explains: boolean, heard: (response: Response) => void): Fetcher {
  return async (parameters, options) => {
    const response = await fetch(at("/graphql"), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json;q=0.9",
        ...(explains ? { "x-explain": "1" } : {}),
        ...options?.headers,
      },
      body: JSON.stringify(parameters),
    });
    const answer = (await response.json()) as Response;
    if (parameters.operationName !== "IntrospectionQuery") heard(answer);
    return answer as FormattedExecutionResult;
  };
}

const TABS = ["Map", "Plan"] as const;
type Tab = (typeof TABS)[number];

export function Workbench({ gateway }: { gateway: Gateway }) {
  const [response, setResponse] = useState<Response | null>(null);
  const [editors, setEditors] = useState<Editors | null>(null);
  const [tab, setTab] = useState<Tab>("Map");
  const [asked] = useState(() => new URLSearchParams(location.search));
  const [explains, setExplains] = useState(false);
  const fetcher = useMemo(() => fetcherFor(explains, setResponse), [explains]);
  const plugins = useMemo(() => [examplesPlugin(gateway), explorerPlugin(), HISTORY_PLUGIN], [gateway]);
  const main = useOperations();
  const query = asked.get("query");

  return (
    <div className="workbench">
      <main ref={main}>
        <h1>GraphiQL</h1>
        <GraphiQL
          fetcher={fetcher}
          plugins={plugins}
          defaultQuery={DEFAULT}
          initialQuery={query ?? undefined}
          initialVariables={query === null ? undefined : (asked.get("variables") ?? "")}
          shouldPersistHeaders={false}
        >
          <GraphiQL.Logo>
            <a className="home" href={at("/")}>
              Map
            </a>
          </GraphiQL.Logo>
          <Bridge onEditors={setEditors} />
        </GraphiQL>
      </main>
      <aside aria-label="The answer on a map, and its plan">
        <div role="tablist" aria-label="What to show of the answer">
          {TABS.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-controls={`show-${name}`}
              aria-selected={tab === name}
              onClick={() => {
                setTab(name);
              }}
            >
              {name}
            </button>
          ))}
        </div>
        <div role="tabpanel" id="show-Map" aria-labelledby="tab-Map" hidden={tab !== "Map"}>
          <MapPanel gateway={gateway} answer={response} editors={editors} />
        </div>
        <div role="tabpanel" id="show-Plan" aria-labelledby="tab-Plan" hidden={tab !== "Plan"}>
          <PlanPanel
            explain={response?.extensions?.["explain"]}
            asked={explains}
            answered={response !== null}
            onAsk={setExplains}
          />
        </div>
      </aside>
    </div>
  );
}
