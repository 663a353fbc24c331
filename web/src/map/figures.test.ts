import { expect, test } from "vitest";
import { words } from "../gateway/page";
import { area, distance, figure, share } from "./figures";

test("figures carry units that suit their size", () => {
  expect([distance(12.34), distance(1234)]).toEqual(["12.3 m", "1.2 km"]);
  expect([area(491.75), area(1_234_567)]).toEqual(["491.8 m²", "123.5 ha"]);
  expect([share(1), share(0.1234), share(0.0001)]).toEqual(["100 %", "12.3 %", "under 0.1 %"]);
});

test("a value is told by the kind and unit of its field", () => {
  expect(figure({ name: "areaSqm", kind: "float" }, 5)).toBe("5 m²");
  expect(figure({ name: "assessedValue", kind: "decimal" }, "133500")).toBe("133,500");
  expect(figure({ name: "yearBuilt", kind: "integer" }, 1928)).toBe("1928");
  expect(figure({ name: "address", kind: "text" }, null)).toBeNull();
});

test("names become words", () => {
  expect(["assessedValue", "areaSqm", "perimeterM", "zoneCode"].map(words)).toEqual([
    "assessed value",
    "area m²",
    "perimeter m",
    "zone code",
  ]);
});
