// tsc over consumer.ts and misuse.ts, with the generated types.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const tsc = fileURLToPath(import.meta.resolve("typescript/bin/tsc"));
try {
  execFileSync(process.execPath, [tsc, "--project", "."], { encoding: "utf8" });
} catch (error) {
  console.error(error.stdout);
  process.exit(1);
}
console.log("{}");
