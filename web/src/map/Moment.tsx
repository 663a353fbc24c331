// The moment that the map shows, on the map itself: what is past must not be taken for what is there.
import { told } from "./moments";

export function Moment({ asOf, onNow }: { asOf: string; onNow: () => void }) {
  return (
    <p className="shown-moment">
      As it was on {told(asOf)}
      <button type="button" onClick={onNow}>
        Now
      </button>
    </p>
  );
}
