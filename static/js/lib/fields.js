/* Fields of a form, and whether they hold something else than what they came with. */
export const isTicked = ({ type }) => type === "checkbox" || type === "radio";

export function isChanged(field) {
  if (isTicked(field)) return field.checked !== field.defaultChecked;
  if (!field.options) return field.value !== field.defaultValue;
  const options = [...field.options];
  const isAnyDefault = options.some((option) => option.defaultSelected);
  return options.some((option, index) => {
    const wasSelected = isAnyDefault
      ? option.defaultSelected
      : index === 0 && field.type === "select-one";
    return option.selected !== wasSelected;
  });
}

export function hasChanges(place) {
  const fields = [...place.querySelectorAll("textarea, select, input:not([type=hidden])")];
  return fields.some(isChanged);
}
