// Example operations: files of examples/, each with a title, a line of what it shows, and maybe variables.
import { ask } from "../gateway/ask";
import type { Gateway } from "../gateway/page";
import { extent } from "../map/queries";

export interface Example {
  title: string;
  about: string;
  query: string;
  /** JSON; `$POINT`, `$BOX` and `$POLYGON` stand for places among the rows that are there. */
  variables: string;
}

const HEAD = /^# (?<title>.*)\n# (?<about>.*)\n(?:# variables: (?<variables>.*)\n)?/;
const files = import.meta.glob<string>("./examples/*.graphql", { query: "?raw", import: "default", eager: true });

function read(text: string): Example {
  const { title = "", about = "", variables = "" } = HEAD.exec(text)?.groups ?? {};
  return { title, about, query: text.replace(HEAD, "").trim(), variables };
}

export const EXAMPLES: readonly Example[] = Object.keys(files)
  .sort()
  .map((name) => read(files[name] ?? ""));

const HALF = 0.002; // degrees: a box of some blocks

/** Put places among the rows of the first layer into an example's variables. */
export async function placed(gateway: Gateway, { variables }: Example): Promise<string> {
  const [layer] = gateway.layers;
  if (!variables) return variables;
  const { query } = extent(layer);
  const data = await ask<Record<string, { extent: [number, number, number, number] | null }>>(query, {});
  const [west, south, east, north] = data[layer.many]?.extent ?? [-0.1, -0.1, 0.1, 0.1];
  const at = [(west + east) / 2, (south + north) / 2].map((value) => Number(value.toFixed(5)));
  const [x = 0, y = 0] = at;
  const box = [x - HALF, y - HALF, x + HALF, y + HALF].map((value) => Number(value.toFixed(5)));
  const polygon = {
    type: "Polygon",
    coordinates: [
      [
        [box[0], box[1]],
        [box[2], box[1]],
        [x, box[3]],
        [box[0], box[1]],
      ],
    ],
  };
  const filled = variables
    .replaceAll('"$POINT"', JSON.stringify({ type: "Point", coordinates: at }))
    .replaceAll('"$BOX"', JSON.stringify(box))
    .replaceAll('"$POLYGON"', JSON.stringify(polygon));
  return JSON.stringify(JSON.parse(filled), null, 2);
}
