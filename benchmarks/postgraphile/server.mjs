// PostGraphile on the tables and functions of one database: node server.mjs PORT SOCKET_DIRECTORY DATABASE USER
import { createServer } from "node:http";
import { PgAggregatesPreset } from "@graphile/pg-aggregates";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const [port, host, database, user] = process.argv.slice(2);
const pool = new pg.Pool({ host, database, user, max: 10 });
const instance = postgraphile({
  extends: [PostGraphileAmberPreset, PgAggregatesPreset],
  disablePlugins: ["PgIndexBehaviorsPlugin"], // it groups by no column without an index
  pgServices: [makePgService({ pool, schemas: ["public", "peer"] })],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: { explain: false },
});
const server = createServer();
await instance.createServ(grafserv).addTo(server);
server.listen(Number(port), "127.0.0.1");
