import { StrictMode, useMemo } from "react";
import { createRoot } from "react-dom/client";
import type { Gateway } from "../gateway/page";
import { readGateway } from "../gateway/page";
import * as texts from "../texts";
import { inLanguage } from "../texts/names";
import { App } from "./App";
import * as units from "./units";
import "./map.css";

/** The page in a language; another one makes it again from its address, which holds all that is asked. */
function Page({ gateway }: { gateway: Gateway }) {
  const language = texts.useLanguage();
  const named = useMemo(() => ({ language, gateway: inLanguage(gateway) }), [language, gateway]);
  return <App key={named.language} gateway={named.gateway} />;
}

async function start(root: HTMLElement): Promise<void> {
  await texts.begin();
  const gateway = readGateway();
  units.begin(gateway.units);
  createRoot(root).render(
    <StrictMode>
      <Page gateway={gateway} />
    </StrictMode>,
  );
}

const root = document.getElementById("root");
if (root) void start(root);
