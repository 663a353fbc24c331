// How the answer was found: the statements and plans of `extensions.explain`, for who asked with the header X-Explain.

interface Statement {
  sql: string;
  parameters: unknown[];
  verdict: string | null;
  cures: string[];
  ms: number | null;
  plan: unknown;
}

interface Explain {
  by: string;
  plan: string | null;
  statements: Statement[];
}

interface Props {
  explain: unknown;
  asked: boolean;
  answered: boolean;
  onAsk: (asked: boolean) => void;
}

export function PlanPanel({ explain, asked, answered, onAsk }: Props) {
  return (
    <div className="plan">
      <label>
        <input
          type="checkbox"
          checked={asked}
          onChange={(event) => {
            onAsk(event.target.checked);
          }}
        />{" "}
        Explain the next answers
      </label>
      {explain ? <Told explain={explain as Explain} /> : <Hint asked={asked} answered={answered} />}
    </div>
  );
}

function Hint({ asked, answered }: { asked: boolean; answered: boolean }) {
  if (!asked) return <p>The last answer has no plan. Ask for one above, then run the query again.</p>;
  if (!answered) return <p>Run the query: its statements and their plans are shown here.</p>;
  return (
    <p>
      The last answer has no plan: it was asked before, or this gateway shows none (the setting{" "}
      <code>GATEWAY_HTTP_EXPLAIN</code>).
    </p>
  );
}

function Told({ explain }: { explain: Explain }) {
  const { by, plan, statements } = explain;
  return (
    <>
      <p>
        Answered by the {by}, with {statements.length === 1 ? "one statement" : `${statements.length} statements`}.
      </p>
      {statements.map((statement, index) => (
        <section key={index} aria-label={`Statement ${index + 1}`}>
          <h2>
            Statement {index + 1} {statement.ms !== null && <small>{statement.ms} ms</small>}
          </h2>
          {statement.verdict && <p>{statement.verdict}</p>}
          {statement.cures.map((cure) => (
            <pre key={cure}>{cure}</pre>
          ))}
          <pre tabIndex={0} aria-label="SQL">
            {lines(statement.sql)}
          </pre>
          <details>
            <summary>Parameters and plan</summary>
            <pre tabIndex={0}>{JSON.stringify(statement.parameters)}</pre>
            <pre tabIndex={0}>{JSON.stringify(statement.plan, null, 2)}</pre>
          </details>
        </section>
      ))}
      {plan && (
        <details>
          <summary>The prepared operation</summary>
          <pre tabIndex={0}>{plan}</pre>
        </details>
      )}
    </>
  );
}

/** SQL with its clauses on lines of their own. */
function lines(sql: string): string {
  return sql.replace(/\s+(FROM|LEFT|JOIN|WHERE|AND|ORDER BY|GROUP BY|LIMIT|UNION)\b/g, "\n$1");
}
