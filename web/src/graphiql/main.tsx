import { createRoot } from "react-dom/client";
import { readGateway } from "../gateway/page";
import { Workbench } from "./Workbench";
import "./workers";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "maplibre-gl/dist/maplibre-gl.css";
import "./graphiql.css";

const root = document.getElementById("root");
if (root) createRoot(root).render(<Workbench gateway={readGateway()} />);
