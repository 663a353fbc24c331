// The operations of operations.graphql by name, each with the fragments it needs, and a filter that the clients share.
import { readFileSync } from "node:fs";
import { parse, print, separateOperations } from "graphql";

const text = readFileSync(new URL("operations.graphql", import.meta.url), "utf8");

export const documents = separateOperations(parse(text));
export const texts = Object.fromEntries(Object.entries(documents).map(([name, document]) => [name, print(document)]));

const around = (bbox) => ({ geometry: { within: { bbox } } });

export const nearHarvardSquare = around([-71.121, 42.372, -71.117, 42.375]);
export const outsideTheWorld = around([-71.121, 42.372, -71.117, 142.375]);
