// What every page of ours does: light and dark, the page's language, and the way to the login when a session ended.
(() => {
  const wantsDark = () => document.documentElement.classList.contains("dark");
  const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { /* storage is switched off */ } };
  // Gradio sets the theme from the system when it mounts; the reader's own choice wins.
  const applyTheme = () => document.body.classList.toggle("dark", wantsDark());
  // Gradio puts this script into the page after the page has loaded, or before, depending on how it is served.
  window.zhiwenWhenThere = (act) => document.body ? act() : document.addEventListener("DOMContentLoaded", act);
  window.zhiwenShow = () => { document.documentElement.classList.add("zw-ready"); };

  window.zhiwenWhenThere(() => {
    applyTheme();
    new MutationObserver(() => { if (document.body.classList.contains("dark") !== wantsDark()) applyTheme(); })
      .observe(document.body, { attributes: true, attributeFilter: ["class"] });
    // The header is drawn again when the language changes.
    new MutationObserver(() => {
      const other = document.querySelector("#zw-header [data-language]");
      if (other) document.documentElement.lang = other.dataset.language === "zh" ? "en" : "zh-CN";
    }).observe(document.body, { childList: true, subtree: true });
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-theme-switch]");
    if (!button) return;
    remember("zhiwen-theme", document.documentElement.classList.toggle("dark") ? "dark" : "light");
    applyTheme();
  }, true);

  const send = window.fetch;
  window.fetch = async (...request) => {
    const response = await send(...request);
    if (response.status === 401) location.assign("/login");
    return response;
  };
})();
