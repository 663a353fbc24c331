// The address of what the map shows, to give to others: copied, or shown where the browser copies nothing.
import { useState } from "react";
import { t } from "../texts";

export function Share() {
  const [told, setTold] = useState<"copied" | "shown" | null>(null);
  const copy = async () => {
    await navigator.clipboard.writeText(location.href); // no clipboard is an error like any other
  };
  return (
    <>
      <button
        type="button"
        title={t("share.hint")}
        onClick={() => {
          copy().then(
            () => {
              setTold("copied");
            },
            () => {
              setTold("shown");
            },
          );
        }}
      >
        {t("share.button")}
      </button>
      <span role="status" className="shared">
        {told && t(`share.${told}`)}
        {told === "shown" && (
          <input
            readOnly
            aria-label={t("share.address")}
            value={location.href}
            onFocus={({ target }) => {
              target.select();
            }}
          />
        )}
      </span>
    </>
  );
}
