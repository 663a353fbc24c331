// The schema as GraphQL Code Generator's CLI loads it: by introspection, with a fetch of its own that announces zstd.
import { UrlLoader } from "@graphql-tools/url-loader";

const [{ schema }] = await new UrlLoader().load(process.argv[2], {});
console.log(JSON.stringify(Object.keys(schema.getTypeMap())));
