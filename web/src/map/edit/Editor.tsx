// A row that is changed, made or deleted: its form beside the map, its corners on it.
import { t } from "../../texts";
import type { Map as MapLibre } from "maplibre-gl";
import { useEffect, useRef, useState } from "react";
import type { Gateway } from "../../gateway/page";
import { titleOf } from "../queries";
import { Conflict } from "./Conflict";
import { Corners } from "./Corners";
import { GEOMETRY } from "./draft";
import { Fields } from "./Form";
import type { Deed } from "./saving";
import type { Editor as State, Target } from "./useEditor";
import { useEditor } from "./useEditor";
import type { Hand } from "./useShaper";
import { useShaper } from "./useShaper";
import "./edit.css";

export interface Props {
  gateway: Gateway;
  target: Target;
  map: MapLibre | null;
  onDone: (deed: Deed) => void;
  onClose: () => void;
}

type Asking = "discard" | "delete" | null;

/** Keys that hold wherever the focus is. */
function useKeys(onEscape: () => void, onStep: (kind: "undo" | "redo") => void): void {
  const latest = useRef({ onEscape, onStep });
  useEffect(() => {
    latest.current = { onEscape, onStep };
  });
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const letter = event.key.toLowerCase();
      if (letter === "escape" && !(event.target as Element).matches("[type=search]")) latest.current.onEscape();
      else if ((event.ctrlKey || event.metaKey) && letter === "z")
        latest.current.onStep(event.shiftKey ? "redo" : "undo");
      else if ((event.ctrlKey || event.metaKey) && letter === "y") latest.current.onStep("redo");
      else return;
      event.preventDefault();
      event.stopImmediatePropagation(); // a tool of the map would end, too
    };
    addEventListener("keydown", key, { capture: true });
    return () => {
      removeEventListener("keydown", key, { capture: true });
    };
  }, []);
}

/** A page that is left asks first, while something is not saved. */
function useLeaving(changed: boolean): void {
  useEffect(() => {
    if (!changed) return;
    const ask = (event: BeforeUnloadEvent) => {
      event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => {
      removeEventListener("beforeunload", ask);
    };
  }, [changed]);
}

function useHandOf({ gateway, target, map }: Props, editor: State): Hand {
  const { draft, conflict, flaws, stored } = editor;
  const shown = {
    geometry: draft.geometry,
    theirs: conflict?.theirs.geometry ?? null,
    fault: flaws.find(({ point }) => point)?.point ?? null,
    ready: target.id === null || stored !== null,
  };
  return useShaper(gateway, target, map, shown, (geometry, of) => {
    editor.step({ kind: "do", draft: { ...draft, geometry }, ...(of !== undefined && { of }) });
  });
}

export default function Editor(props: Props) {
  const { target, map, onDone, onClose } = props;
  const { layer } = target;
  const editor = useEditor(target, onDone);
  const { draft, step, stored, changed, flaws, conflict, saving } = editor;
  const hand = useHandOf(props, editor);
  const [asking, setAsking] = useState<Asking>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, []);
  useLeaving(changed.length > 0);
  const leave = () => {
    if (asking) setAsking(null);
    else if (hand.adding) hand.setAdding(null);
    else if (conflict) editor.leaveConflict();
    else if (changed.length > 0) setAsking("discard");
    else onClose();
  };
  useKeys(leave, (kind) => {
    step({ kind });
  });
  const title = stored ? t("edit.titleOf", { title: titleOf(layer, stored) }) : t("edit.new", { title: layer.title });
  return (
    <section className="editor" aria-labelledby="editor" aria-busy={saving || editor.reading}>
      <div className="line">
        <h2 id="editor" ref={heading} tabIndex={-1}>
          {target.id !== null && !stored && editor.reading ? t("edit.reading") : title}
        </h2>
        <button type="button" aria-label={t("edit.close")} onClick={leave}>
          ×
        </button>
      </div>
      <Whole editor={editor} />
      {conflict ? (
        <Conflict
          conflict={conflict}
          mine={draft.geometry}
          busy={saving}
          onChoose={editor.choose}
          onBack={editor.leaveConflict}
          onSettle={() => {
            void editor.settle();
          }}
        />
      ) : (
        <Draft {...{ editor, hand, map }} />
      )}
      {!conflict && <Actions editor={editor} onAsk={setAsking} onLeave={leave} />}
      <Question
        asking={asking}
        title={stored ? titleOf(layer, stored) : t("edit.new", { title: layer.title })}
        onNo={() => {
          setAsking(null);
        }}
        onYes={() => {
          setAsking(null);
          if (asking === "delete") void editor.destroy();
          else onClose();
        }}
      />
      <p role="status" className="unseen">
        {flaws.length > 0 ? t("edit.notSaved") : saving ? t("edit.saving") : ""}
      </p>
    </section>
  );
}

/** What is wrong with all of it. */
function Whole({ editor: { flaws, fields } }: { editor: State }) {
  const known = new Set([GEOMETRY, ...fields.map(({ name }) => name)]);
  const all = flaws.filter(({ field }) => field === null || !known.has(field));
  return all.length > 0 && <p role="alert">{all.map(({ message }) => message).join(" ")}</p>;
}

function Draft({ editor, hand, map }: { editor: State; hand: Hand; map: MapLibre | null }) {
  const { draft, step, flaws, fields, stored, changed } = editor;
  const wrong = flaws.filter(({ field }) => field === GEOMETRY);
  return (
    <form
      id="edited"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void editor.save();
      }}
    >
      <fieldset className={changed.includes(GEOMETRY) ? "changed" : ""}>
        <legend>{t("edit.shape")}</legend>
        {wrong.length > 0 && (
          <p role="alert">
            {wrong.map(({ message }) => message).join(" ")}
            {wrong.some(({ point }) => point) && ` ${t("edit.where")}`}
          </p>
        )}
        {map && (
          <Corners
            map={map}
            hand={hand}
            geometry={draft.geometry}
            onGeometry={(geometry, of) => {
              step({ kind: "do", draft: { ...draft, geometry }, ...(of !== undefined && { of }) });
            }}
          />
        )}
        <p role="status">
          <small>{t(`edit.snapping.${hand.state}`)}</small>
        </p>
      </fieldset>
      <Fields
        {...{ fields, flaws, changed, stored }}
        texts={draft.texts}
        onText={(name, text) => {
          step({ kind: "do", draft: { ...draft, texts: { ...draft.texts, [name]: text } }, of: name });
        }}
        onRest={() => {
          step({ kind: "rest" });
        }}
      />
    </form>
  );
}

interface ActionsProps {
  editor: State;
  onAsk: (asking: Asking) => void;
  onLeave: () => void;
}

function Actions({ editor: { steps, step, saving, changed, stored }, onAsk, onLeave }: ActionsProps) {
  return (
    <p className="actions bar">
      <button type="submit" form="edited" className="main" aria-disabled={saving || changed.length === 0}>
        {t("edit.save")}
      </button>
      <button type="button" onClick={onLeave}>
        {t("edit.cancel")}
      </button>
      {(["undo", "redo"] as const).map((kind) => (
        <button
          key={kind}
          type="button"
          aria-disabled={(kind === "undo" ? steps.past : steps.future).length === 0}
          onClick={() => {
            step({ kind });
          }}
        >
          {kind === "undo" ? t("edit.undo") : t("edit.redo")}
        </button>
      ))}
      {stored && (
        <button
          type="button"
          className="danger"
          onClick={() => {
            onAsk("delete");
          }}
        >
          {t("edit.delete")}
        </button>
      )}
    </p>
  );
}

interface QuestionProps {
  asking: Asking;
  title: string;
  onYes: () => void;
  onNo: () => void;
}

function Question({ asking, title, onYes, onNo }: QuestionProps) {
  const no = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (asking) no.current?.focus();
  }, [asking]);
  if (!asking) return null;
  return (
    <div role="alertdialog" aria-labelledby="question" className="asked">
      <p id="question">{t(`edit.ask.${asking}`, { title })}</p>
      <p className="actions">
        <button type="button" ref={no} onClick={onNo}>
          {t(`edit.askNo.${asking}`)}
        </button>
        <button type="button" className="danger" onClick={onYes}>
          {t(`edit.askYes.${asking}`)}
        </button>
      </p>
    </div>
  );
}
