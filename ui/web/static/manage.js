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
    const { act, sure, words, ...data } = button.dataset;
    // With data-words the button sends what was written in the box before it.
    if (words !== undefined) data.text = button.closest("article, form").querySelector("textarea").value;
    if (!sure || confirm(sure)) window.zhiwen.send(act, data);
  });

  // Fields send what they hold, a moment after the last key.
  let waiting;
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-input]");
    if (!field) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => window.zhiwen.send(field.dataset.input, { value: field.value }), field.tagName === "SELECT" ? 0 : 250);
  });
})();
