// What was saved, and the way back.
import { t } from "../../texts";
import { useRef, useState } from "react";
import type { Writable } from "../../gateway/page";
import type { Deed, Saved } from "./saving";
import { CannotUndo, onceKey, undo } from "./saving";
import "./edit.css";

export interface Done {
  layer: Writable;
  deed: Deed;
}

interface Props {
  done: Done;
  /** It is as it was; with the row that is there now. */
  onUndone: (saved: Saved | null) => void;
  onClose: () => void;
}

export default function DoneNote({ done: { layer, deed }, onUndone, onClose }: Props) {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const once = useRef("");
  const back = async () => {
    setBusy(true);
    once.current ||= onceKey();
    try {
      onUndone(await undo(layer, deed, once.current));
    } catch (error) {
      setProblem(error instanceof CannotUndo ? t(`edit.why.${error.why}`) : (error as Error).message);
      setBusy(false);
    }
  };
  return (
    <section className="done" aria-label={t("edit.saved")}>
      <p role="status">{t(`edit.done.${deed.kind}`)}</p>
      <button
        type="button"
        aria-disabled={busy}
        onClick={() => {
          if (!busy) void back();
        }}
      >
        {t("edit.undoThis")}
      </button>
      <button type="button" aria-label={t("edit.closeNote")} onClick={onClose}>
        ×
      </button>
      {problem && <p role="alert">{problem}</p>}
    </section>
  );
}
