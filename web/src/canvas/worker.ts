// MapLibre's worker, as a file of this origin: the policy of the page allows no other.
import { setWorkerUrl } from "maplibre-gl";
import url from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";

setWorkerUrl(url);
