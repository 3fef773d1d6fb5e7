// Before anything is drawn: the reader's own choice of light or dark, else the system's.
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("zhiwen-theme"); } catch { /* storage is switched off: follow the system */ }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("dark", dark);
})();
