// Whom to tell of a case: owners near a parcel, each once, with the numbers that prove it and pages to print.
import { h } from "../dom.js";
import { ask } from "../fetch/ask.js";

const PARCEL = `query Parcel($number: String!) { parcel(parcelId: $number) { id } }`;
const NOTICE = `query Notice($parcel: ID!, $distance: Float!, $include: [NoticeInclude!]!) {
  noticeList(parcels: [$parcel], distance: $distance, unit: FEET, include: $include) {
    recipients { label distance parcels { node { parcelId } } }
    omitted { reason count }
    proof { dataAsOf found }
    files { labels recipients parcels }
  }
}`;

const form = document.getElementById("form");
const show = (id, ...nodes) => document.getElementById(id).replaceChildren(...nodes);

function showList({ recipients, omitted, proof, files }) {
  const left = omitted.map(({ reason, count }) => `${count} ${reason.toLowerCase().replaceAll("_", " ")}`);
  const told = `${proof.found} parcels found, ${[`${recipients.length} recipients`, ...left].join(", ")}`;
  show("told", `${told}; as of ${new Date(proof.dataAsOf).toLocaleString()}`);
  const links = Object.entries(files).map(([name, href]) => h("a", { href, target: "_blank", rel: "noopener" }, name));
  show("files", ...links.flatMap((link) => [link, " "]));
  const rows = recipients.map(({ label, distance, parcels }) => {
    const numbers = parcels.map(({ node }) => node.parcelId).join(", ");
    return h("tr", {}, h("td", {}, label.join(", ")), h("td", {}, numbers), h("td", {}, distance.toFixed(1)));
  });
  show("rows", ...rows);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { parcel: number, distance, include, key } = Object.fromEntries(new FormData(form));
  try {
    const { parcel } = await ask(PARCEL, { number }, { key });
    if (parcel === null) throw new Error(`There is no parcel ${number}`);
    const variables = { parcel: parcel.id, distance: Number(distance), include: include.split(" ") };
    showList((await ask(NOTICE, variables, { key })).noticeList);
  } catch (error) {
    show("told", error.message);
  }
});
