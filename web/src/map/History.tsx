// The history of a row in its sheet: asked for when it is opened.
import { useState } from "react";
import type { Layer } from "../gateway/page";
import { useAnswer } from "../gateway/useAnswer";
import type { Revision, State } from "./history";
import { history, told } from "./history";
import { moment, t } from "../texts";

type Answer = Record<string, State | { nodes: Revision[]; pageInfo: { hasNextPage: boolean } } | null>;

export function History({ layer, id, global }: { layer: Layer; id: number; global: string }) {
  const [open, setOpen] = useState(false);
  const { data, problem } = useAnswer<Answer>(open ? history(layer, id, global) : null);
  const page = data?.[`${layer.one}History`] as { nodes: Revision[]; pageInfo: { hasNextPage: boolean } } | undefined;
  const changes = page && told(layer, page.nodes, data?.[layer.one] ?? null);
  return (
    <details
      className="history"
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>{t("history.title")}</summary>
      {problem && <p role="alert">{problem}</p>}
      {changes?.length === 0 && <p>{t("history.nothing")}</p>}
      <ol aria-label={t("history.changes")}>
        {changes?.map(({ version, operation, changedAt, differences }) => (
          <li key={version}>
            {t(`history.${operation}`, { then: moment(changedAt) })}
            <dl>
              {differences.map(({ name, from, to }) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>
                    <del>{from}</del> → <ins>{to}</ins>
                  </dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ol>
      {page?.pageInfo.hasNextPage && <p>{t("history.older")}</p>}
    </details>
  );
}
