// GraphiQL's operations are tabs with a button to choose and one to close in each, and what lies in a tab is not read
// out to who cannot see. They become a list of buttons, of which one is current.
import { useEffect, useRef } from "react";

const TAB = "graphiql-tab";

function mend(root: HTMLElement): void {
  for (const list of root.querySelectorAll(`.${TAB}s[role]`)) list.removeAttribute("role");
  for (const tab of root.querySelectorAll(`.${TAB}`)) {
    for (const name of ["role", "aria-selected"]) tab.removeAttribute(name);
    const current = String(tab.classList.contains(`${TAB}-active`));
    const button = tab.querySelector(`.${TAB}-button`);
    if (button?.getAttribute("aria-current") !== current) button?.setAttribute("aria-current", current);
  }
}

/** The element that has GraphiQL in it. */
export function useOperations() {
  const root = useRef<HTMLElement>(null);
  useEffect(() => {
    const { current } = root;
    if (!current) return;
    const watcher = new MutationObserver(() => {
      mend(current);
    });
    const attributeFilter = ["role", "aria-selected"];
    watcher.observe(current, { subtree: true, childList: true, attributeFilter });
    mend(current);
    return () => {
      watcher.disconnect();
    };
  }, []);
  return root;
}
