// Where a reader signs in; what asks for the key is fetched when it is opened.
import { lazy, useState } from "react";
import { useIdentity } from "../../gateway/identity";
import { part, t } from "../../texts";
import { Fetched } from "../Fetched";

const SignIn = lazy(() => part("edit").then(() => import("./SignIn")));

export function Signing() {
  const identity = useIdentity();
  const [open, setOpen] = useState(false);
  if (!identity || (identity.anonymous && identity.written)) return null;
  const inside = (open || !identity.anonymous) && (
    <Fetched name="signing">
      <SignIn identity={identity} />
    </Fetched>
  );
  if (!identity.anonymous) return inside;
  return (
    <details
      className="signed"
      onToggle={({ currentTarget }) => {
        setOpen(currentTarget.open);
      }}
    >
      <summary>{t("edit.toEdit")}</summary>
      {inside}
    </details>
  );
}
