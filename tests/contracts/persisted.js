// Documents by hash: Apollo's link and urql's exchange, by POST and by GET, and what Relay's network layer would send.
import { createHash } from "node:crypto";
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { documents, nearHarvardSquare, texts } from "./operations.js";

const uri = process.argv[2];
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const variables = { filters: nearHarvardSquare, first: 10 };

let requests = [];
const counted = async (url, options) => {
  const answer = await fetch(url, options);
  requests.push(`${options.method} ${answer.status}${String(options.body ?? url).includes("parcelId") ? " text" : ""}`);
  return answer;
};
const taken = () => requests.splice(0);

const found = {};
for (const get of [false, true]) {
  const method = get ? "GET" : "POST";
  const link = new PersistedQueryLink({ sha256, useGETForHashedQueries: get });
  const apollo = () =>
    new ApolloClient({ link: link.concat(new HttpLink({ uri, fetch: counted })), cache: new InMemoryCache() });
  for (const time of ["first", "again"]) {
    const { data } = await apollo().query({ query: documents.ParcelPage, variables });
    found[`apollo ${method} ${time}`] = { rows: data.parcels.edges.length, requests: taken() };
  }
  const exchanges = [persistedExchange({ preferGetForPersistedQueries: get }), fetchExchange];
  const urql = () => new Client({ url: uri, exchanges, fetch: counted, preferGetMethod: false });
  for (const time of ["first", "again"]) {
    const { data, error } = await urql().query(documents.ParcelPage, variables).toPromise();
    if (error) throw error;
    found[`urql ${method} ${time}`] = { rows: data.parcels.edges.length, requests: taken() };
  }
}

const id = createHash("md5").update(texts.ParcelPage).digest("hex");
const answer = await counted(uri, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ documentId: id, variables }),
});
found.relay = await answer.json();
console.log(JSON.stringify(found));
