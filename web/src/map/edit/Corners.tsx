// Corners by keys and by buttons: one at a time, by as little as a pixel of the map.
import { t } from "../../texts";
import type { Geometry, Position } from "geojson";
import type { Map as MapLibre } from "maplibre-gl";
import { useEffect, useRef } from "react";
import { holeIn, pieceOf, without } from "./parts";
import type { Corner, Path } from "./paths";
import { added, extendable, moved, removable, removed, rounded, stepped, withPaths } from "./paths";
import type { Hand } from "./useShaper";

const FAR = 10; // pixels, with Shift
const REACH = 60; // pixels within which a corner goes to a neighbour's
const SIDE = 40; // pixels: half of the square that a row begins as

const MOVES = [
  ["ArrowLeft", "←", -1, 0],
  ["ArrowUp", "↑", 0, -1],
  ["ArrowDown", "↓", 0, 1],
  ["ArrowRight", "→", 1, 0],
] as const;

function shifted(map: MapLibre, [longitude = 0, latitude = 0]: Position, x: number, y: number): Position {
  const place = map.project([longitude, latitude]);
  return rounded(map.unproject([place.x + x, place.y + y]).toArray());
}

/** What a path begins as that is made without a pointer: it lies in the middle of the map. */
function beginning(map: MapLibre, kind: Path["kind"]): Position[] {
  const middle = map.getCenter().toArray();
  const corner = (x: number, y: number) => shifted(map, middle, x * SIDE, y * SIDE);
  const corners = {
    ring: [corner(-1, 1), corner(1, 1), corner(1, -1), corner(-1, -1)],
    line: [corner(-1, 0), corner(1, 0)],
    point: [corner(0, 0)],
  };
  return corners[kind];
}

interface Props {
  map: MapLibre;
  hand: Hand;
  geometry: Geometry | null;
  onGeometry: (geometry: Geometry, of?: string) => void;
}

export function Corners({ map, hand, geometry, onGeometry }: Props) {
  const pieces = useRef<HTMLDivElement>(null);
  const was = useRef(hand.adding);
  useEffect(() => {
    if (was.current && !hand.adding) pieces.current?.querySelector("button")?.focus();
    was.current = hand.adding;
  }, [hand.adding]);
  if (!geometry || hand.adding) return <Drawing {...{ map, hand }} />;
  if (hand.paths.length === 0) return <p>{t("edit.collection")}</p>;
  return (
    <>
      <p>{t("edit.drag")}</p>
      <Moving {...{ map, hand, geometry, onGeometry }} />
      <div ref={pieces}>
        <Pieces {...{ hand, geometry, onGeometry }} />
      </div>
    </>
  );
}

/** What is drawn: all of a shape, or a part or a hole more. */
function Drawing({ map, hand }: Pick<Props, "map" | "hand">) {
  const { kind, adding, paths, at, take, setAdding } = hand;
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (adding) first.current?.focus();
  }, [adding]);
  return (
    <>
      <p>
        {adding && `${t(`edit.adding.${adding}`)} `}
        {t(`edit.hints.${kind}`)}
      </p>
      <p className="actions">
        <button
          type="button"
          ref={first}
          onClick={() => {
            const part = paths[at?.path ?? 0]?.part ?? 0;
            take({ kind, corners: adding === "hole" ? holeIn(paths, part) : beginning(map, kind) });
          }}
        >
          {adding === "hole" ? t("edit.beginHole") : t("edit.begin")}
        </button>
        {adding && (
          <button
            type="button"
            onClick={() => {
              setAdding(null);
            }}
          >
            {t("edit.addNone")}
          </button>
        )}
      </p>
    </>
  );
}

/** Parts and holes: which is meant is that of the corner. */
function Pieces({ hand, geometry, onGeometry }: Omit<Props, "map" | "geometry"> & { geometry: Geometry }) {
  const { paths, at, kind, parts, setAdding, setAt } = hand;
  const place = at?.path ?? 0;
  const piece = pieceOf(paths, place);
  const adds = [...(parts ? (["part"] as const) : []), ...(kind === "ring" ? (["hole"] as const) : [])];
  if (adds.length === 0) return null;
  return (
    <div role="group" aria-label={t("edit.pieces")} className="corner-keys">
      {adds.map((each) => (
        <button
          key={each}
          type="button"
          onClick={() => {
            setAdding(each);
          }}
        >
          {t(`edit.addPiece.${each}`)}
        </button>
      ))}
      <button
        type="button"
        aria-disabled={!piece}
        onClick={() => {
          if (!piece) return;
          setAt({ path: 0, corner: 0 });
          onGeometry(withPaths(geometry, without(paths, place)));
        }}
      >
        {t(`edit.removePiece.${piece ?? "part"}`)}
      </button>
    </div>
  );
}

/** A button that keeps the focus when it has nothing to do. */
function Key({ label, onPress, children }: { label: string; onPress: (() => void) | null; children: string }) {
  return (
    <button type="button" aria-label={label} title={label} aria-disabled={!onPress} onClick={onPress ?? undefined}>
      {children}
    </button>
  );
}

/** What is done to the corner that is meant. */
function useCorner({ map, hand, geometry, onGeometry }: Props & { geometry: Geometry }) {
  const { paths, snaps, shaper, setAt } = hand;
  const at = hand.at && paths[hand.at.path]?.corners[hand.at.corner] ? hand.at : { path: 0, corner: 0 };
  const here = paths[at.path]?.corners[at.corner] ?? [];
  const change = (now: Path[], to: Corner = at, of?: string) => {
    setAt(to);
    onGeometry(withPaths(geometry, now), of);
  };
  const near = shaper && snaps.near(here, shaper.reach(REACH));
  return {
    at,
    move: (x: number, y: number, by = 1) => {
      change(moved(paths, at, shifted(map, here, x * by, y * by)), at, `corner ${at.path} ${at.corner}`);
    },
    go: (by: 1 | -1) => {
      setAt(stepped(paths, at, by));
    },
    snap: near
      ? () => {
          change(moved(paths, at, near));
        }
      : null,
    add: extendable(paths, at)
      ? () => {
          change(added(paths, at), { ...at, corner: at.corner + 1 });
        }
      : null,
    remove: removable(paths, at)
      ? () => {
          change(removed(paths, at), { ...at, corner: Math.max(at.corner - 1, 0) });
        }
      : null,
  };
}

function Moving(props: Props & { geometry: Geometry }) {
  const { paths, at: meant, setAt } = props.hand;
  const { at, move, go, snap, add, remove } = useCorner(props);
  const place = paths.slice(0, at.path).reduce((sum, { corners }) => sum + corners.length, at.corner + 1);
  const all = paths.reduce((sum, { corners }) => sum + corners.length, 0);
  return (
    <div
      role="group"
      aria-label={t("edit.group")}
      className="corners"
      onFocus={() => {
        if (meant !== at) setAt(at);
      }}
      onKeyDown={(event) => {
        const found = MOVES.find(([key]) => key === event.key);
        if (!found) return;
        event.preventDefault();
        move(found[2], found[3], event.shiftKey ? FAR : 1);
      }}
    >
      <div className="corner-keys">
        <Key
          label={t("edit.previous")}
          onPress={() => {
            go(-1);
          }}
        >
          ‹
        </Key>
        <output>{t("edit.corner", { place, all })}</output>
        <Key
          label={t("edit.next")}
          onPress={() => {
            go(1);
          }}
        >
          ›
        </Key>
      </div>
      <div className="corner-keys">
        {MOVES.map(([key, sign, x, y]) => (
          <Key
            key={key}
            label={t(`edit.moves.${key}`)}
            onPress={() => {
              move(x, y);
            }}
          >
            {sign}
          </Key>
        ))}
      </div>
      <div className="corner-keys">
        <Key label={t("edit.snapTo")} onPress={snap}>
          {t("edit.snap")}
        </Key>
        <Key label={t("edit.addAfter")} onPress={add}>
          {t("edit.add")}
        </Key>
        <Key label={t("edit.removeThis")} onPress={remove}>
          {t("edit.remove")}
        </Key>
      </div>
    </div>
  );
}
