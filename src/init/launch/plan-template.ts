import type { Accounts } from "./accounts.ts";
import type { Change } from "./change.ts";
import type { FilePlace } from "./launch-file.ts";
import { planFile } from "./plan-file.ts";
import { renderTemplate, type TemplateNames, type TemplateText } from "./render-template.ts";
import { isSecretKey, MASK } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import { mapOf, type ValueMap } from "./value.ts";

/** Undefined when the file is as it would be rendered. */
export function planTemplate(
  template: TemplateText,
  place: FilePlace,
  settings: Settings,
  accounts: Accounts,
): Change | undefined {
  const { configuration, secrets, variables } = settings;
  const seen = secrets.valuesOf(configuration);
  const environment = (name: string) => {
    const variable = variables.find(name);
    if (variable !== undefined && (variable.isFromFile || isSecretKey(name))) seen.push(variable.value);
    return variable?.value;
  };
  const text = renderTemplate(template, { values: namesOf(settings, configuration), environment });
  return planFile(
    {
      ...accounts.ownership(place.owner, place.group),
      path: place.target,
      text,
      mode: place.mode,
      masked: () => renderMasked(template, settings),
      secrets: seen,
    },
    accounts,
  );
}

/** Undefined where a template can't take `***` for a value. */
function renderMasked(template: TemplateText, settings: Settings): string | undefined {
  const { configuration, secrets, variables } = settings;
  const names: TemplateNames = {
    values: namesOf(settings, secrets.mask(configuration)),
    environment: (name) => {
      const variable = variables.find(name);
      return variable?.isFromFile || (variable && isSecretKey(name)) ? MASK : variable?.value;
    },
  };
  try {
    return renderTemplate(template, names);
  } catch {
    // The real one was rendered already: only the mask is what it stumbled over.
    return undefined;
  }
}

function namesOf({ launch }: Settings, configuration: ValueMap): ValueMap {
  const { name, project, data, development } = launch;
  return mapOf([
    ...Object.entries(configuration),
    ["launch", mapOf(Object.entries({ name, project, data, development }))],
  ]);
}
