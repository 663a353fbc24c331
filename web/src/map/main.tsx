import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { readGateway } from "../gateway/page";
import { App } from "./App";
import { begin } from "./units";
import "maplibre-gl/dist/maplibre-gl.css";
import "./map.css";

const root = document.getElementById("root");
if (root) {
  const gateway = readGateway();
  begin(gateway.units);
  createRoot(root).render(
    <StrictMode>
      <App gateway={gateway} />
    </StrictMode>,
  );
}
