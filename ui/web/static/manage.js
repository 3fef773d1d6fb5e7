// What the managing pages share: buttons that send an event to the page's bridge, and the language switch.
// One listener on the document serves parts that Gradio draws again at any time.
(() => {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act], button[data-language]");
    if (!button) return;
    if ("language" in button.dataset) {
      document.cookie = `zhiwen_language=${button.dataset.language}; path=/; max-age=31536000; samesite=lax`;
      return location.reload();
    }
    const { act, sure, ...data } = button.dataset;
    if (!sure || confirm(sure)) window.zhiwen.send(act, data);
  });
})();
