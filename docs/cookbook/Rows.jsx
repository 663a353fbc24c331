// A table of rows with their outlines, and a button for more of them, for the pages with React.
import { frame } from "./frame.js";

function Outline({ bbox, geometry }) {
  const { viewBox, path } = frame(bbox);
  return (
    <svg className="outline" viewBox={viewBox} aria-hidden="true">
      <path d={path(geometry)} fillRule="evenodd" />
    </svg>
  );
}

/**
 * `nodes` have id, bbox and geometry; `cells(node)` are the texts of a row below `heads`. `onMore` asks for the next page,
 * and is null where there is none; `onPick(id)` makes rows that can be picked.
 */
export function Rows({ heads, nodes, cells, onMore, onPick, picked, numbers = false }) {
  const row = (node) => (
    <tr key={node.id} aria-selected={onPick && node.id === picked} onClick={() => onPick?.(node.id)}>
      {[<Outline {...node} />, ...cells(node)].map((cell, column) => (
        <td key={column}>{cell}</td>
      ))}
    </tr>
  );
  return (
    <>
      <table className={numbers ? "numbers" : ""}>
        <thead>
          <tr>
            {["", ...heads].map((head) => (
              <th key={head}>{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>{nodes.map(row)}</tbody>
      </table>
      <p className="tools">
        <button disabled={!onMore} onClick={onMore}>
          More
        </button>
        {nodes.length} parcels
      </p>
    </>
  );
}
