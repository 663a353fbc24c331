// The fields of a row as a form: what the schema's input takes.
import { t } from "../../texts";
import { fieldName } from "../../texts/names";
import type { Stored, WrittenField } from "./draft";
import { isWhole } from "./draft";
import type { Flaw } from "./saving";

interface Props {
  fields: readonly WrittenField[];
  texts: Readonly<Record<string, string>>;
  stored: Stored | null;
  changed: readonly string[];
  flaws: readonly Flaw[];
  onText: (name: string, text: string) => void;
  /** A field was left. */
  onRest: () => void;
}

export function Fields({ fields, flaws, changed, stored, texts, onText, onRest }: Props) {
  return fields.map((field) => {
    const { name, required, text } = field;
    const wrong = flaws.filter(({ field }) => field === name);
    return (
      <div key={name} className={changed.includes(name) ? "field changed" : "field"} title={text} onBlur={onRest}>
        <label htmlFor={`edit-${name}`}>
          {fieldName(name)}
          {required && <small> {t("edit.needed")}</small>}
        </label>
        <Input
          field={field}
          value={texts[name] ?? ""}
          whole={isWhole(field, stored)}
          wrong={wrong.length > 0}
          onText={(value) => {
            onText(name, value);
          }}
        />
        {wrong.length > 0 && (
          <p id={`wrong-${name}`} role="alert">
            {wrong.map(({ message }) => message).join(" ")}
          </p>
        )}
      </div>
    );
  });
}

interface InputProps {
  field: WrittenField;
  value: string;
  /** Whether all digits of the value are here. */
  whole: boolean;
  wrong: boolean;
  onText: (text: string) => void;
}

const KEYBOARDS = { integer: "numeric", bigint: "numeric", float: "decimal", decimal: "decimal" } as const;

function Input({ field: { name, kind, required }, value, whole, wrong, onText }: InputProps) {
  const common = {
    id: `edit-${name}`,
    value,
    "aria-required": required,
    "aria-invalid": wrong,
    "aria-describedby": wrong ? `wrong-${name}` : undefined,
    onChange: ({ target }: { target: { value: string } }) => {
      onText(target.value);
    },
  };
  if (!whole) return <p className="none">{t("edit.digits")}</p>;
  if (kind === "json") return <textarea {...common} rows={4} spellCheck={false} />;
  if (kind === "boolean")
    return (
      <select {...common}>
        <option value="">{t("edit.none")}</option>
        <option value="true">{t("edit.yes")}</option>
        <option value="false">{t("edit.no")}</option>
      </select>
    );
  return <input {...common} type="text" autoComplete="off" inputMode={KEYBOARDS[kind as "integer"]} />;
}
