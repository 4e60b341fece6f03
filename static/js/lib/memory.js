/* What a tab remembers while it is open. Some browsers keep nothing, and say so by an error
   or by having no storage: there, nothing is remembered. */
const attempt = (use) => {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
};

export const remember = (name, value) => attempt((kept) => kept.setItem(name, value));
export const remembered = (name) => attempt((kept) => kept.getItem(name));
export const forget = (name) => attempt((kept) => kept.removeItem(name));
