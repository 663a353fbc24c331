// What the panels may do with GraphiQL's editors.
import { useGraphiQL } from "@graphiql/react";
import { useEffect, useState } from "react";

export interface Editors {
  /** Text of the operation as it is now. */
  query: string;
  variables: () => string;
  setVariables: (text: string) => void;
}

/** Stands inside GraphiQL, whose store it reads; shows nothing itself. */
export function Bridge({ onEditors }: { onEditors: (editors: Editors) => void }) {
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const [query, setQuery] = useState("");

  useEffect(() => {
    if (!queryEditor) return;
    const read = () => {
      setQuery(queryEditor.getValue());
    };
    read();
    const listening = queryEditor.onDidChangeModelContent(read);
    return () => {
      listening.dispose();
    };
  }, [queryEditor]);

  useEffect(() => {
    onEditors({
      query,
      variables: () => variableEditor?.getValue() ?? "",
      setVariables: (text) => variableEditor?.setValue(text),
    });
  }, [query, variableEditor, onEditors]);
  return null;
}
