// What the colours mean; each layer can be hidden.
import type { Gateway } from "../gateway/page";
import type { LegendItem } from "./style";

interface Props {
  gateway: Gateway;
  legend: Record<string, LegendItem[]>;
  hidden: ReadonlySet<string>;
  onHidden: (hidden: ReadonlySet<string>) => void;
}

export function Legend({ gateway, legend, hidden, onHidden }: Props) {
  const show = (name: string, shown: boolean) => {
    const next = new Set(hidden);
    if (shown) next.delete(name);
    else next.add(name);
    onHidden(next);
  };
  return (
    <section aria-labelledby="legend" className="legend">
      <h2 id="legend">Legend</h2>
      {gateway.layers.map((layer) => (
        <div key={layer.name}>
          <label>
            <input
              type="checkbox"
              checked={!hidden.has(layer.name)}
              onChange={(event) => {
                show(layer.name, event.target.checked);
              }}
            />
            <span>{layer.titles}</span>
          </label>
          <ul aria-label={`Colours of ${layer.titles}`}>
            {legend[layer.name]?.map(({ label, color }) => (
              <li key={label}>
                <svg viewBox="0 0 16 16" aria-hidden="true">
                  <rect width="16" height="16" rx="3" fill={color} />
                </svg>
                {label}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
