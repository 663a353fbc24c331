// The notice list: from what, how far, and who; then those who are told, with pages to print and tables to keep.
import { useMemo, useState } from "react";
import { here } from "../gateway/here";
import type { Gateway, Layer } from "../gateway/page";
import type { Answer } from "../gateway/useAnswer";
import { useAnswer } from "../gateway/useAnswer";
import { figure, number } from "./figures";
import type { Asked } from "./link";
import type { NoticeAnswer, Subject, Wanted } from "./noticeList";
import { UNITS, WHO, boxOf, notice, noticeFeatures, subjectOf } from "./noticeList";
import { titleOf } from "./queries";
import type { Frame } from "./scene";
import type { Whole } from "./Sheet";
import { t } from "../texts";
import english from "../texts/en.json";

const PAUSE = 400; // milliseconds without a change, before it is asked for
const LISTED = 200; // recipients; the table to download has them all

interface Read {
  subject: Subject | null;
  answer: Answer<{ noticeList: NoticeAnswer }>;
  told: ReturnType<typeof noticeFeatures>;
}

/** The list that is asked for, of what is picked or drawn. */
export function useNotice(gateway: Gateway, asked: Asked, layer: Layer | null | undefined, row: Whole | null): Read {
  const { notice: wanted, area, asOf } = asked;
  const subject = useMemo(() => subjectOf(layer && row ? titleOf(layer, row) : "", row, area), [layer, row, area]);
  const operation =
    gateway.notices && wanted && subject && wanted.distance > 0 ? notice(gateway.notices, wanted, subject, asOf) : null;
  const answer = useAnswer<{ noticeList: NoticeAnswer }>(operation, PAUSE);
  const told = useMemo(() => noticeFeatures(answer.data?.noticeList ?? null), [answer.data]);
  return { subject, answer, told };
}

interface Props extends Omit<Read, "told"> {
  wanted: Wanted;
  onChange: (wanted: Wanted | null) => void;
  onFrame: (frame: Frame) => void;
}

export function NoticeList({ subject, answer, wanted, onChange, onFrame }: Props) {
  const found = answer.data?.noticeList;
  const people = found?.proof.recipients;
  return (
    <section className={answer.waiting ? "told waiting" : "told"} aria-labelledby="told" aria-busy={answer.waiting}>
      <div className="line">
        <div role="status">
          <h2 id="told">{people === undefined ? t("notice.title") : t("notice.people", { count: people })}</h2>
        </div>
        <button
          type="button"
          aria-label={t("notice.close")}
          onClick={() => {
            onChange(null);
          }}
        >
          ×
        </button>
      </div>
      <p className="none">{subject ? t("notice.near", { place: subject.title }) : t("notice.start")}</p>
      <Question wanted={wanted} onChange={onChange} />
      {answer.problem && <p role="alert">{answer.problem}</p>}
      {found && <Answered found={found} unit={wanted.unit} onFrame={onFrame} />}
    </section>
  );
}

type QuestionProps = Pick<Props, "wanted" | "onChange">;

function Question({ wanted, onChange }: QuestionProps) {
  const [text, setText] = useState(String(wanted.distance));
  // What is typed is kept as it is typed, unless the list is another one than it says.
  const shown = Number(text) === wanted.distance ? text : String(wanted.distance);
  return (
    <div className="question">
      <input
        type="number"
        inputMode="decimal"
        aria-label={t("notice.distance")}
        min={0}
        step="any"
        value={shown}
        onChange={({ target }) => {
          setText(target.value);
          if (Number.isFinite(target.valueAsNumber)) onChange({ ...wanted, distance: Math.abs(target.valueAsNumber) });
        }}
      />
      <select
        aria-label={t("near.unit")}
        value={wanted.unit}
        onChange={({ target }) => {
          onChange({ ...wanted, unit: target.value as Wanted["unit"] });
        }}
      >
        {(Object.keys(UNITS) as Wanted["unit"][]).map((unit) => (
          <option key={unit} value={unit}>
            {t(`units.${unit}`)}
          </option>
        ))}
      </select>
      <select
        aria-label={t("notice.who")}
        value={wanted.who}
        onChange={({ target }) => {
          onChange({ ...wanted, who: target.value as Wanted["who"] });
        }}
      >
        {(Object.keys(WHO) as Wanted["who"][]).map((who) => (
          <option key={who} value={who}>
            {t(`notice.${who}`)}
          </option>
        ))}
      </select>
    </div>
  );
}

interface AnsweredProps {
  found: NoticeAnswer;
  unit: Wanted["unit"];
  onFrame: Props["onFrame"];
}

function Answered({ found: { recipients, omitted, proof, files }, unit, onFrame }: AnsweredProps) {
  const box = boxOf(recipients);
  const parts = [t("notice.found", { count: proof.found }), ...omitted.map(left)].join(", ");
  const then = figure({ name: "", kind: "datetime" }, proof.dataAsOf);
  return (
    <>
      <p>{t("notice.asOf", { parts, then })}</p>
      <p className="actions">
        <a href={here(files.labels)} target="_blank" rel="noopener">
          {t("notice.labels")}
        </a>
        <a href={here(files.recipients)} download>
          {t("notice.addresses")}
        </a>
        <a href={here(files.parcels)} download>
          {t("notice.record")}
        </a>
        {box && (
          <button
            type="button"
            onClick={() => {
              onFrame({ box, alone: true });
            }}
          >
            {t("rows.showAll")}
          </button>
        )}
      </p>
      <ol className="rows" aria-label={t("notice.who")}>
        {recipients.slice(0, LISTED).map((recipient) => (
          <li key={recipient.label.join("\n")}>
            <button
              type="button"
              onClick={() => {
                const box = boxOf([recipient]);
                if (box) onFrame({ box, alone: true });
              }}
            >
              <span>{recipient.label[0]}</span>
              <small>
                {number(recipient.distance)} {unit}
              </small>
              <small>{recipient.label.slice(1).join(", ")}</small>
            </button>
          </li>
        ))}
      </ol>
      {recipients.length > LISTED && <p>{t("notice.more", { count: recipients.length - LISTED })}</p>}
    </>
  );
}

/** How many parcels have no letter of their own, and why, in a reader's words. */
function left({ reason, count }: NoticeAnswer["omitted"][number]): string {
  if (!Object.hasOwn(english.omitted, reason)) return `${number(count)} ${reason}`;
  return t(`omitted.${reason as keyof typeof english.omitted}`, { count });
}
