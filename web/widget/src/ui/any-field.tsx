import { manners } from "../fields";
import { bound, ErrorText, Field, type FieldProps, write } from "./field";
import { Icon } from "./icons";
import { useLaterStep } from "./later-context";

/** A field of any kind. */
export function AnyField(props: FieldProps & { country?: string; date?: boolean }) {
  const { field, country = "US" } = props;
  const unit = field.rules?.unit;
  if (field.kind === "checkbox") return <Checkbox {...props} />;
  if (field.kind === "select")
    return (
      <Field {...props}>
        <Select {...props} />
      </Field>
    );
  if (field.kind === "textarea")
    return (
      <Field {...props}>
        <textarea {...bound(props)} rows={4} onInput={write(props)} />
      </Field>
    );
  const input = props.date ? (
    <input {...bound(props)} type="date" onInput={write(props)} />
  ) : (
    <input {...bound(props)} {...manners(field, country)} onInput={write(props)} />
  );
  return (
    <Field {...props}>
      {unit ? (
        <span class="with-unit">
          {input}
          <span class="unit">{unit}</span>
        </span>
      ) : (
        input
      )}
    </Field>
  );
}

function Select(props: FieldProps) {
  const { t } = useLaterStep();
  return (
    <span class="select">
      <select {...bound(props)} onChange={write(props)}>
        <option value="">{t.choose}</option>
        {props.field.options?.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon name="forward" />
    </span>
  );
}

function Checkbox(props: FieldProps) {
  const { field, form, url } = props;
  const { t } = useLaterStep();
  const id = `f-${field.key}`;
  const error = form.errors[field.key];
  return (
    <div class="field wide">
      <div class="check">
        <input
          id={id}
          type="checkbox"
          checked={form.values[field.key] === true}
          required={field.required}
          aria-invalid={!!error}
          aria-describedby={error ? `${id}-error` : undefined}
          onChange={(event) => form.set(field.key, event.currentTarget.checked)}
        />
        <label for={id}>
          {field.label}
          {url && (
            <>
              {" "}
              <a
                href={url}
                target="_blank"
                rel="noopener"
                aria-label={`${field.label} (${t.newTab})`}
              >
                <Icon name="external" />
              </a>
            </>
          )}
        </label>
      </div>
      <ErrorText {...props} />
    </div>
  );
}
