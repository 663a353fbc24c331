// Editing as the page has it: who may, what is edited, and what was done. What edits is fetched when it is wanted.
import { part, t } from "../../texts";
import type { Map as MapLibre } from "maplibre-gl";
import { lazy, useEffect, useRef, useState } from "react";
import { useIdentity } from "../../gateway/identity";
import type { Gateway, Layer, Writable } from "../../gateway/page";
import { wrote } from "../../gateway/writes";
import { Fetched } from "../Fetched";
import type { Asked } from "../link";
import type { Change } from "../useAsked";
import type { Done } from "./Done";
import type { Deed, Saved } from "./saving";
import type { Target } from "./useEditor";

const Editor = lazy(() => part("edit").then(() => import("./Editor")));
const DoneNote = lazy(() => part("edit").then(() => import("./Done")));

export interface Editing {
  active: boolean;
  /** The editor, or what was done with it. */
  shown: React.ReactNode;
  /** Begins to edit a row; null for who may not, and for the past. */
  edit: (layer: Layer, id: number) => (() => void) | null;
  /** What makes new rows. */
  makers: React.ReactNode;
}

export function useEditing(gateway: Gateway, map: MapLibre | null, asked: Asked, change: Change): Editing {
  const written = useIdentity()?.written ?? {};
  const [target, setTarget] = useState<Target | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  useReturn(target !== null);
  const begin = (wanted: Target) => {
    setDone(null);
    setTarget(wanted);
  };
  const close = () => {
    setTarget(null);
  };
  const show = (layer: Writable, saved: Saved | null) => {
    change({ picked: saved && { layer: layer.name, id: saved.featureId } });
    wrote();
  };
  const end = (layer: Writable, deed: Deed) => {
    close();
    setDone({ layer, deed });
    show(layer, deed.kind === "deleted" ? null : deed.saved);
  };
  const writable = gateway.layers.flatMap((layer): Writable[] => {
    const found = written[layer.name];
    return found && asked.asOf === null ? [{ ...layer, written: found }] : [];
  });
  return {
    active: target !== null,
    shown: (
      <>
        {target && (
          <Fetched name="editor">
            <Editor
              key={`${target.layer.name} ${target.id}`}
              {...{ gateway, target, map }}
              onClose={close}
              onDone={(deed) => {
                end(target.layer, deed);
              }}
            />
          </Fetched>
        )}
        {done && (
          <Fetched name="undoes">
            <DoneNote
              key={JSON.stringify(done.deed)}
              done={done}
              onClose={() => {
                setDone(null);
              }}
              onUndone={(saved) => {
                setDone(null);
                show(done.layer, saved);
              }}
            />
          </Fetched>
        )}
      </>
    ),
    edit: ({ name }, id) => {
      const layer = writable.find((each) => each.name === name);
      if (!layer) return null;
      return () => {
        begin({ layer, id });
      };
    },
    makers: writable.length > 0 && (
      <Makers
        layers={writable}
        onMake={(layer) => {
          begin({ layer, id: null });
        }}
      />
    ),
  };
}

/** Give the focus back to what began to edit. */
function useReturn(active: boolean): void {
  const was = useRef(false);
  useEffect(() => {
    if (was.current && !active) document.getElementById("edit-row")?.focus();
    was.current = active;
  }, [active]);
}

function Makers({ layers, onMake }: { layers: readonly Writable[]; onMake: (layer: Writable) => void }) {
  return (
    <div role="group" aria-label={t("edit.make")}>
      {layers.map((layer) => (
        <button
          key={layer.name}
          type="button"
          onClick={() => {
            onMake(layer);
          }}
        >
          {t("edit.new", { title: layer.title })}
        </button>
      ))}
    </div>
  );
}
