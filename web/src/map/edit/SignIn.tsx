// A reader signs in with an API key, which lets the map write what they may write.
import { t } from "../../texts";
import { useState } from "react";
import type { Identity } from "../../gateway/identity";
import { signIn, signOut } from "../../gateway/identity";
import { credential } from "../../gateway/credential";
import { Unreached } from "../../gateway/ask";

export default function SignIn({ identity }: { identity: Identity }) {
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  if (!identity.anonymous)
    return (
      <section className="signed">
        <p>{t("edit.signedIn", { name: identity.name })}</p>
        {credential() !== null && (
          <button
            type="button"
            onClick={() => {
              void signOut();
            }}
          >
            {t("edit.signOut")}
          </button>
        )}
      </section>
    );
  const take = async () => {
    try {
      const found = await signIn(key.trim());
      setProblem(found === "taken" ? null : t(`edit.refused.${found}`));
      if (found === "taken") setKey("");
    } catch (error) {
      setProblem(new Unreached(error).message);
    }
  };
  return (
    <>
      <form
        className="question"
        onSubmit={(event) => {
          event.preventDefault();
          void take();
        }}
      >
        <input
          type="password"
          aria-label={t("edit.key")}
          placeholder={t("edit.key")}
          autoComplete="off"
          required
          value={key}
          onChange={({ target }) => {
            setKey(target.value);
          }}
        />
        <button type="submit">{t("edit.signIn")}</button>
      </form>
      <p className="none">{t("edit.keeps")}</p>
      {problem && <p role="alert">{problem}</p>}
    </>
  );
}
