// What MapLibre's own controls say.
import { t } from "../texts";

export function locale(): Record<string, string> {
  return {
    "Map.Title": t("map.title"),
    "NavigationControl.ZoomIn": t("map.zoomIn"),
    "NavigationControl.ZoomOut": t("map.zoomOut"),
    "GeolocateControl.FindMyLocation": t("map.findMe"),
    "GeolocateControl.LocationNotAvailable": t("map.noLocation"),
    "AttributionControl.ToggleAttribution": t("map.sources"),
  };
}
