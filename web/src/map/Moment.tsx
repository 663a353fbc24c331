// The moment that the map shows, on the map itself: what is past must not be taken for what is there.
import { moment, t } from "../texts";

export function Moment({ asOf, onNow }: { asOf: string; onNow: () => void }) {
  return (
    <p className="shown-moment">
      {t("past.asItWas", { then: moment(asOf) })}
      <button type="button" onClick={onNow}>
        {t("past.toNow")}
      </button>
    </p>
  );
}
