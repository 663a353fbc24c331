// MapLibre's worker, as a file of this origin: the policy of the page allows no other. It starts before there is a map.
import { prewarm, setWorkerUrl } from "maplibre-gl";
import url from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";

setWorkerUrl(url);
prewarm();
