import { expect, test } from "vitest";
import type { Step } from "./steps";
import { begun, stepped } from "./steps";

const draft = (address: string) => ({ texts: { address }, geometry: null });
const after = (...steps: Step[]) => steps.reduce(stepped, begun(draft("12")));

test("letters that are typed into one field are one step back", () => {
  const typed = after(
    { kind: "do", draft: draft("12 "), of: "address" },
    { kind: "do", draft: draft("12 F"), of: "address" },
  );
  expect(stepped(typed, { kind: "undo" }).now).toEqual(draft("12"));
});

test("leaving a field makes the next letters a step of their own", () => {
  const typed = after(
    { kind: "do", draft: draft("13"), of: "address" },
    { kind: "rest" },
    { kind: "do", draft: draft("14"), of: "address" },
  );
  expect(stepped(typed, { kind: "undo" }).now).toEqual(draft("13"));
});

test("what was undone is done again, until something else is done", () => {
  const back = after({ kind: "do", draft: draft("13") }, { kind: "undo" });
  expect(stepped(back, { kind: "redo" }).now).toEqual(draft("13"));
  const other = stepped(back, { kind: "do", draft: draft("15") });
  expect(stepped(other, { kind: "redo" }).now).toEqual(draft("15"));
  expect(after({ kind: "undo" }).now).toEqual(draft("12"));
});
