import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { readGateway } from "../gateway/page";
import { App } from "./App";
import "maplibre-gl/dist/maplibre-gl.css";
import "./map.css";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App gateway={readGateway()} />
    </StrictMode>,
  );
}
