// One row: its fields, then what it is related to, with what the edges tell.
import type { Geometry } from "geojson";
import type { Field, Gateway, Layer, Relation } from "../gateway/page";
import { layerNamed } from "../gateway/page";
import type { Answer } from "../gateway/useAnswer";
import { area, distance, figure, share } from "./figures";
import { History } from "./History";
import type { Row } from "./queries";
import { titleOf } from "./queries";
import { t, whole } from "../texts";
import { bareName, fieldName } from "../texts/names";

interface Edge {
  overlapAreaSqm?: number;
  overlapLengthM?: number;
  coverage?: number;
  isPrimary?: boolean;
  sharedBorderM?: number;
  node: Row;
}

interface Related {
  totalCount: number;
  edges: Edge[];
}

export type Whole = Row & { geometry: Geometry };
type Show = (layer: string, row: Row) => void;

interface Props {
  gateway: Gateway;
  layer: Layer;
  answer: Answer<Record<string, Whole | null>>;
  asOf: string | null;
  onShow: Show;
  /** Ask what is near the row. */
  onNear: () => void;
  /** Begin to edit the row; null for who may not. */
  onEdit: (() => void) | null;
  onClose: () => void;
}

export function Sheet({ gateway, layer, answer, asOf, onShow, onNear, onEdit, onClose }: Props) {
  const row = answer.data?.[layer.one];
  const title = row ? titleOf(layer, row) : absent(layer, answer, asOf);
  return (
    <section className={answer.waiting ? "sheet waiting" : "sheet"} aria-labelledby="sheet" aria-busy={answer.waiting}>
      <div className="line">
        <div role="status">
          <h2 id="sheet">{title}</h2>
        </div>
        <button type="button" aria-label={t("sheet.close")} onClick={onClose}>
          ×
        </button>
      </div>
      {answer.problem && <p role="alert">{answer.problem}</p>}
      {row && (
        <p className="actions">
          <button type="button" onClick={onNear}>
            {t("sheet.near")}
          </button>
          {onEdit && (
            <button type="button" id="edit-row" onClick={onEdit}>
              {t("edit.edit")}
            </button>
          )}
        </p>
      )}
      {row && <Fields layer={layer} row={row} />}
      {row &&
        layer.relations.map((relation) => (
          <Relatives
            key={relation.field}
            gateway={gateway}
            relation={relation}
            found={row[relation.field] as Related}
            onShow={onShow}
          />
        ))}
      {row && layer.tracked && (
        <History key={row.featureId} layer={layer} id={row.featureId} global={row["id"] as string} />
      )}
    </section>
  );
}

/** Why there is no row to show: to have no answer is not to have no row. */
function absent(layer: Layer, { waiting, problem }: Props["answer"], asOf: string | null): string {
  if (waiting) return t("sheet.reading");
  const { title } = layer;
  if (asOf !== null && !problem) return t("sheet.missingThen", { title });
  return problem ? t("sheet.unread", { title }) : t("rows.missing", { title });
}

interface Told {
  name: string;
  text: string;
  title?: string;
  kept?: boolean;
}

/** What the gateway keeps for itself: of little interest to most readers. */
const KEPT = new Set(["featureId", "version", "createdAt", "updatedAt"]);

function attributes(field: Field, row: Row): Told[] {
  const found = row[field.name] as Record<string, unknown> | null;
  return Object.entries(found ?? {}).flatMap(([name, value]) => {
    const text = figure({ name: "", kind: "text" }, value);
    return text === null ? [] : [{ name: name.replaceAll("_", " "), text }];
  });
}

function Fields({ layer, row }: { layer: Layer; row: Row }) {
  const plain = layer.fields.flatMap((field): Told[] => {
    const text = field.kind === "json" ? null : figure(field, row[field.name]);
    return text === null ? [] : [{ name: bareName(field.name), text, title: field.text, kept: KEPT.has(field.name) }];
  });
  const source = layer.fields.filter((field) => field.kind === "json").flatMap((field) => attributes(field, row));
  return (
    <>
      <List told={plain.filter(({ kept }) => !kept)} />
      <details>
        <summary>{t("sheet.more")}</summary>
        <List told={[...source, ...plain.filter(({ kept }) => kept)]} />
      </details>
    </>
  );
}

function List({ told }: { told: readonly Told[] }) {
  return (
    <dl>
      {told.map(({ name, text, title }) => (
        <div key={name} title={title}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

interface RelativesProps {
  gateway: Gateway;
  relation: Relation;
  found: Related;
  onShow: Show;
}

function Relatives({ gateway, relation, found, onShow }: RelativesProps) {
  const target = layerNamed(gateway, relation.target);
  if (!target) return null;
  const edges = found.edges.toSorted((one, other) => (other.coverage ?? 0) - (one.coverage ?? 0));
  const rest = found.totalCount - edges.length;
  return (
    <section>
      <h3 title={relation.text}>
        {fieldName(relation.field)} <small>{whole(found.totalCount)}</small>
      </h3>
      <ul className="rows">
        {edges.map((edge) => (
          <li key={edge.node.featureId}>
            <button
              type="button"
              onClick={() => {
                onShow(target.name, edge.node);
              }}
            >
              <span>
                {titleOf(target, edge.node)}
                {edge.isPrimary && edges.length > 1 && <em> {t("sheet.primary")}</em>}
              </span>
              <small>{told(edge)}</small>
              {edge.coverage !== undefined && (
                <meter min={0} max={1} value={edge.coverage} aria-label={t("sheet.coverage")} />
              )}
            </button>
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <p>
          <small>{t("rows.more", { count: rest })}</small>
        </p>
      )}
    </section>
  );
}

/** What an edge tells: the share, area and length of an overlap, or the length of a border. */
function told(edge: Edge): string {
  if (edge.sharedBorderM !== undefined) return t("sheet.border", { length: distance(edge.sharedBorderM) });
  const parts = [
    edge.coverage !== undefined && share(edge.coverage),
    edge.overlapAreaSqm && area(edge.overlapAreaSqm),
    edge.overlapLengthM && distance(edge.overlapLengthM),
  ];
  return parts.filter(Boolean).join(", ");
}
