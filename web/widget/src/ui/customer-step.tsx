import type { Address, CustomerEntry, Field as FieldSpec, Selections } from "../api";
import type { Values } from "../values";
import { AnyField } from "./any-field";
import { asFields, consentKey } from "./form";
import { useAnyForm, useLaterStep } from "./later-context";
import { Heading, Primary, Said } from "./parts";

/** Who are you, and where shall we come? */
export function CustomerStep() {
  const { conversation, state, view, t } = useLaterStep();
  const country = view.step.config?.country ?? view.selections.customer?.address?.country ?? "US";
  const fields = (view.fields ?? []).filter((field) => field.key !== "address.country");
  const consents = view.consents ?? [];
  const form = useAnyForm([...fields, ...asFields(consents)], known(view.selections), country);
  const contact = fields.filter((field) => !field.key.startsWith("address."));
  const address = fields.filter((field) => field.key.startsWith("address."));
  return (
    <form
      ref={form.ref}
      noValidate
      onSubmit={(event) =>
        form.submit(event, (values) =>
          conversation.send({
            type: "submit_customer",
            ...customerEntry(fields, values, country),
            consents: consents.map((c) => c.key).filter((key) => values[consentKey(key)] === true),
          }),
        )
      }
    >
      <Heading title={view.step.title} text={view.step.description} />
      <Said />
      <fieldset class="fields">
        <legend class="unseen">{t.contact}</legend>
        {contact.map((field) => (
          <AnyField key={field.key} field={field} form={form} country={country} />
        ))}
      </fieldset>
      {address.length > 0 && (
        <fieldset class="fields">
          <legend>{t.address}</legend>
          {address.map((field) => (
            <AnyField key={field.key} field={field} form={form} country={country} />
          ))}
        </fieldset>
      )}
      {consents.length > 0 && (
        <div class="fields">
          {asFields(consents).map((field, at) => (
            <AnyField
              key={field.key}
              field={field}
              form={form}
              country={country}
              url={consents[at]?.url ?? null}
            />
          ))}
        </div>
      )}
      <div class="actions">
        <Primary busy={state.busy?.type === "submit_customer"}>{t.continue}</Primary>
      </div>
    </form>
  );
}

/** What is known of the customer, by the keys of the fields. */
function known({ customer, zip }: Selections): Values {
  const values: Values = { "address.postal_code": zip ?? "" };
  const add = (part: object | null | undefined, prefix: string) => {
    for (const [key, value] of Object.entries(part ?? {}))
      if (typeof value === "string") values[prefix + key] = value;
  };
  add(customer, "");
  add(customer?.address, "address.");
  return values;
}

/** The fields that were asked for, nested as the command wants them; empty optional ones are left out. */
export function customerEntry(
  fields: FieldSpec[],
  values: Values,
  country: string,
): Omit<CustomerEntry, "consents"> {
  const flat: Record<string, string> = {};
  const address: Record<string, string> = {};
  for (const { key } of fields) {
    const text = String(values[key] ?? "").trim();
    if (!text) continue;
    if (key.startsWith("address.")) address[key.slice("address.".length)] = text;
    else flat[key] = text;
  }
  return {
    ...flat,
    ...(Object.keys(address).length && { address: { ...address, country } as Address }),
  };
}
