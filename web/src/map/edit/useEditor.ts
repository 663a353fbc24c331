// The state of a row that is edited: what was read, what became of it, and what came of saving it.
import { t } from "../../texts";
import { useEffect, useMemo, useReducer, useRef, useState } from "react";
import type { Variables } from "../../gateway/ask";
import type { Writable } from "../../gateway/page";
import type { Disagreement, Draft, Side, Stored, WrittenField } from "./draft";
import { BadText, differing, disagreements, draftOf, GEOMETRY, settled, valuesOf } from "./draft";
import type { Deed, Flaw } from "./saving";
import { create, flaws as flawsOf, onceKey, read, remove, update } from "./saving";
import { begun, stepped } from "./steps";

export interface Target {
  layer: Writable;
  /** null for a row that is made. */
  id: number | null;
}

export interface Conflict {
  theirs: Stored;
  list: readonly Disagreement[];
}

export type Editor = ReturnType<typeof useEditor>;

function flaw(field: string | null, message: string): Flaw {
  return { code: "", message, field, point: null };
}

/** What a form lacks before it is worth sending. */
function lacking(fields: readonly WrittenField[], draft: Draft): Flaw[] {
  const empty = fields.filter(({ name, required }) => required && draft.texts[name]?.trim() === "");
  const found = empty.map(({ name }) => flaw(name, t("edit.needsValue")));
  return draft.geometry ? found : [...found, flaw(GEOMETRY, t("edit.needsShape"))];
}

/** What is written of a draft: what changed of a row that is there, all of one that is not. */
function written(fields: readonly WrittenField[], stored: Stored | null, draft: Draft) {
  const names = differing(fields, draftOf(fields, stored), draft);
  try {
    const values = valuesOf(fields, draft, names);
    return {
      names,
      values,
      flaws: lacking(stored ? fields.filter(({ name }) => names.includes(name)) : fields, draft),
    };
  } catch (error) {
    if (error instanceof BadText) return { names, values: {}, flaws: [flaw(error.field, t(`edit.bad.${error.kind}`))] };
    throw error;
  }
}

/** The same key for what is sent again. */
function useOnce(): (sent: unknown) => string {
  const kept = useRef({ sent: "", key: "" });
  return (sent) => {
    const text = JSON.stringify(sent);
    if (kept.current.sent !== text) kept.current = { sent: text, key: onceKey() };
    return kept.current.key;
  };
}

interface Held {
  stored: Stored | null;
  withheld: ReadonlySet<string>;
}

const NOTHING: Held = { stored: null, withheld: new Set() };

/** The row as the gateway has it; it is read once. */
function useStored({ layer, id }: Target, onRead: (row: Stored) => void, onProblem: (told: Flaw[]) => void) {
  const [held, setHeld] = useState(NOTHING);
  const [reading, setReading] = useState(id !== null);
  const latest = useRef({ onRead, onProblem });
  useEffect(() => {
    latest.current = { onRead, onProblem };
  });
  useEffect(() => {
    if (id === null) return;
    const stop = new AbortController();
    read(layer, id, stop.signal).then(
      ({ row, withheld }) => {
        setHeld({ stored: row, withheld });
        setReading(false);
        if (row) latest.current.onRead(row);
        else latest.current.onProblem([flaw(null, t("edit.gone"))]);
      },
      (error: unknown) => {
        if (!stop.signal.aborted) latest.current.onProblem(flawsOf(layer, error));
      },
    );
    return () => {
      stop.abort();
    };
  }, [layer, id]);
  return { held, setHeld, reading };
}

export function useEditor(target: Target, onDone: (deed: Deed) => void) {
  const { layer } = target;
  const every = useMemo(() => layer.written.fields, [layer]);
  const [steps, step] = useReducer(stepped, null, () => begun(draftOf(every, null)));
  const [flaws, setFlaws] = useState<readonly Flaw[]>([]);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [saving, setSaving] = useState(false);
  const once = useOnce();
  const onRead = (row: Stored) => {
    step({ kind: "read", draft: draftOf(every, row) });
  };
  const { held, setHeld, reading } = useStored(target, onRead, setFlaws);
  const { stored, withheld } = held;
  const fields = useMemo(() => every.filter(({ name }) => !withheld.has(name)), [every, withheld]);
  const draft = steps.now;
  const changed = useMemo(() => differing(fields, draftOf(fields, stored), draft), [fields, stored, draft]);

  /** Someone changed or deleted the row meanwhile. */
  const meet = async (mine: Draft) => {
    const { row } = await read(layer, stored?.featureId ?? -1);
    if (row) {
      const list = disagreements(fields, draftOf(fields, stored), mine, draftOf(fields, row));
      if (list.length > 0) setConflict({ theirs: row, list });
      // What is stored is what I wanted: my own write arrived, though its answer did not.
      else onDone({ kind: "updated", saved: row, names: changed });
    } else {
      setHeld({ stored: null, withheld });
      setFlaws([flaw(null, t("edit.deletedMeanwhile"))]);
    }
  };

  /** Do something that the gateway may refuse; nothing of the draft is lost by it. */
  const attempt = async (deed: () => Promise<Deed | null>, mine: Draft) => {
    setSaving(true);
    setFlaws([]);
    try {
      const done = await deed();
      if (done) onDone(done);
    } catch (error) {
      const told = flawsOf(layer, error);
      const met = told.some(({ code }) => code === "VERSION_CONFLICT" || code === "ROW_NOT_FOUND");
      if (met)
        await meet(mine).catch((failed: unknown) => {
          setFlaws(flawsOf(layer, failed));
        });
      else setFlaws(told);
    }
    setSaving(false);
  };

  const save = async (from: Stored | null = stored, mine: Draft = draft) => {
    const { names, values, flaws: lacks } = written(fields, from, mine);
    if (lacks.length > 0) {
      setFlaws(lacks);
      return;
    }
    await attempt(() => store(layer, from, names, values, once), mine);
  };

  const settle = async () => {
    if (!conflict) return;
    const mine = settled(draft, draftOf(every, conflict.theirs), conflict.list);
    setHeld({ stored: conflict.theirs, withheld });
    step({ kind: "do", draft: mine });
    setConflict(null);
    if (differing(fields, draftOf(fields, conflict.theirs), mine).length > 0) await save(conflict.theirs, mine);
  };

  return {
    ...{ layer, stored, fields, steps, step, draft, changed, flaws, setFlaws, conflict, reading, saving, save, settle },
    choose: (side: Side, name?: string) => {
      const list = conflict?.list.map((each) => (name === undefined || each.name === name ? { ...each, side } : each));
      if (conflict && list) setConflict({ ...conflict, list });
    },
    leaveConflict: () => {
      setConflict(null);
    },
    destroy: () => {
      if (!stored) return Promise.resolve();
      return attempt(async () => {
        await remove(layer, stored, once(["delete", stored.id, stored.version]));
        return { kind: "deleted", id: stored.id };
      }, draft);
    },
  };
}

async function store(
  layer: Writable,
  from: Stored | null,
  names: readonly string[],
  values: Variables,
  once: (sent: unknown) => string,
): Promise<Deed | null> {
  if (!from) {
    const saved = await create(layer, values, once(["create", values]));
    return saved && { kind: "created", saved };
  }
  const saved = await update(layer, from, values, once(["update", from.id, from.version, values]));
  return saved && { kind: "updated", saved, names };
}
