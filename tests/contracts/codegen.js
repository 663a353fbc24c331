// TypeScript types of the schema and the operations, as GraphQL Code Generator makes them, geometries as @types/geojson.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { codegen } from "@graphql-codegen/core";
import * as typescript from "@graphql-codegen/typescript";
import * as operations from "@graphql-codegen/typescript-operations";
import * as typed from "@graphql-codegen/typed-document-node";
import { buildSchema, isScalarType, parse, specifiedScalarTypes } from "graphql";

const [schema, folder] = process.argv.slice(2);
const sdl = readFileSync(schema, "utf8");
const document = parse(readFileSync(new URL("operations.graphql", import.meta.url), "utf8"));

const GEOJSON = "https://datatracker.ietf.org/doc/html/rfc7946";
const OTHERS = {
  BBox: "[number, number, number, number]",
  BigInt: { input: "number | string", output: "number" },
  DateTime: "string",
  Decimal: { input: "number | string", output: "string" },
  JSON: "unknown",
};
const custom = Object.values(buildSchema(sdl).getTypeMap()).filter(
  (type) => isScalarType(type) && !specifiedScalarTypes.some(({ name }) => name === type.name),
);
const scalars = Object.fromEntries(
  custom.map(({ name, specifiedByURL }) => [
    name,
    specifiedByURL?.startsWith(GEOJSON) && !(name in OTHERS) ? `geojson#${name}` : OTHERS[name],
  ]),
);

// Two files, for both plugins write the input types.
const files = {
  "schema.ts": { plugins: [{ typescript: {} }], pluginMap: { typescript } },
  "operations.ts": { plugins: [{ operations: {} }, { typed: {} }], pluginMap: { operations, typed } },
};
mkdirSync(folder, { recursive: true });
for (const [name, { plugins, pluginMap }] of Object.entries(files)) {
  const filename = `${folder}/${name}`;
  const documents = [{ location: "operations.graphql", document }];
  const config = { scalars, strictScalars: true, useTypeImports: true };
  writeFileSync(filename, await codegen({ filename, schema: parse(sdl), documents, config, plugins, pluginMap }));
}
console.log(JSON.stringify(scalars));
