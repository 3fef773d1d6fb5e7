// The knowledge owner's page: opening documents without leaving the page, correcting in place, and sending files.
(() => {
  const all = (name) => document.querySelectorAll(name);

  // Opening: a plain click stays on the page and in its history; with a modifier key a link is a link.
  const open = (id) => {
    window.zhiwen.send("open", { id });
    document.querySelector("#zw-manage")?.scrollTo(0, 0);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-open]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState({}, "", link.getAttribute("href"));
    open(link.dataset.open);
  });
  addEventListener("popstate", () => open(new URLSearchParams(location.search).get("document") || ""));
  document.addEventListener("click", (event) => {
    if (event.target.closest("button[data-act=delete]")) history.replaceState({}, "", "/manage/documents/");
  });

  // One passage: show it in the text beside it, or write in it.
  const show = (button) => {
    const frame = document.querySelector("[data-original]");
    all(".zw-own-chunk").forEach((chunk) => chunk.classList.toggle("zw-own-chosen", chunk === button.closest(".zw-own-chunk")));
    if (frame && frame.offsetParent) frame.src = `${button.dataset.show}&bare=1`;
    else window.open(`${button.dataset.show}#cited`, "_blank", "noopener");
  };
  // Scroll inside the frame only: a fragment in its address would move the page around it too.
  document.addEventListener("load", (event) => {
    if (!event.target.matches?.("[data-original]")) return;
    const inside = event.target.contentWindow;
    const mark = inside.document.getElementById("cited");
    if (mark) inside.scrollTo(0, mark.getBoundingClientRect().top + inside.scrollY - 120);
  }, true);
  const edit = (chunk, on) => {
    chunk.classList.toggle("zw-own-editing", on);
    chunk.querySelector(".zw-own-edit").hidden = !on;
    if (!on) return;
    const box = chunk.querySelector("textarea");
    box.style.height = `${Math.max(120, Math.min(420, box.scrollHeight + 4))}px`;
    box.focus();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("show" in button.dataset) show(button);
    if ("edit" in button.dataset) edit(button.closest(".zw-own-chunk"), button.dataset.edit === "open");
  });

  // Sending files.
  const zone = () => document.querySelector("[data-drop]");
  const say = (name) => zone().dataset[`say${name.replace(/(^|[-.])(.)/g, (_, __, letter) => letter.toUpperCase())}`];
  const finished = ["ready", "failed", "skipped", "needs-ocr"];

  const row = (name) => {
    const line = document.createElement("li");
    line.innerHTML = '<span class="zw-own-sent-name"></span><span class="zw-own-bar"><i></i></span><span class="zw-own-sent-state"></span>';
    line.querySelector(".zw-own-sent-name").textContent = name;
    document.querySelector("[data-sent]").append(line);
    return {
      line,
      tell: (text, kind = "") => {
        line.dataset.kind = kind;
        line.querySelector(".zw-own-sent-state").textContent = text;
      },
      share: (share) => { line.querySelector("i").style.width = `${Math.round(100 * share)}%`; },
      offer: (text, act) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "zw-own-link";
        button.textContent = text;
        button.onclick = () => { button.remove(); act(); };
        line.append(button);
      },
    };
  };

  const follow = async (told, path) => {
    const name = path.split("/").pop();
    for (let tries = 0; tries < 600; tries++) {
      await new Promise((done) => setTimeout(done, tries < 20 ? 700 : 2000));
      const answer = await fetch(`/api/v1/documents?limit=50&q=${encodeURIComponent(name)}`);
      if (!answer.ok) continue;
      const found = (await answer.json()).documents.find((one) => one.path === path);
      if (!found) continue;
      told.tell(say(`state-${found.state}`) + (found.state === "ready" || !found.reason ? "" : `: ${found.reason}`), found.state);
      if (!finished.includes(found.state)) continue;
      if (found.state === "ready") {
        const link = document.createElement("a");
        link.href = `/manage/documents/?document=${found.id}`;
        link.dataset.open = found.id;
        link.textContent = name;
        told.line.querySelector(".zw-own-sent-name").replaceChildren(link);
      }
      return;
    }
  };

  const post = (file, told, replace) => new Promise((done) => {
    const form = new FormData();
    form.append("folder", document.querySelector("[data-shelf]").value);
    form.append("replace", replace ? "true" : "false");
    form.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/documents");
    request.upload.onprogress = (event) => { if (event.lengthComputable) told.share(event.loaded / event.total); };
    request.onerror = () => { told.tell(say("send-lost"), "failed"); done(); };
    request.onload = () => {
      done();
      if (request.status === 401) return location.assign("/login");
      if (request.status === 201) {
        told.share(1);
        told.tell(say("received"), "queued");
        return void follow(told, JSON.parse(request.responseText).path);
      }
      if (request.status === 409) {
        told.tell(say("send-there"), "failed");
        return told.offer(say("send-replace"), () => { told.tell(say("sending"), "sending"); post(file, told, true); });
      }
      if (request.status === 413) return told.tell(say("send-size"), "failed");
      let detail = "";
      try { detail = JSON.parse(request.responseText).detail; } catch { /* not ours: the status says enough */ }
      told.tell(typeof detail === "string" && detail ? detail : `${say("send-lost")} (${request.status})`, "failed");
    };
    told.tell(say("sending"), "sending");
    request.send(form);
  });

  const refusal = (file) => {
    const kind = file.name.includes(".") ? file.name.split(".").pop().toLowerCase() : "";
    if (!zone().dataset.accepted.split(" ").includes(kind)) return say("send-type");
    if (file.size > Number(zone().dataset.most)) return say("send-size");
    return file.size ? "" : say("send-empty");
  };

  // One after the other: a slow line is not shared by fifty files.
  let before = Promise.resolve();
  const take = (file) => {
    const told = row(file.name);
    const why = refusal(file);
    if (why) return told.tell(why, "failed");
    told.tell(say("sending"), "sending");
    before = before.then(() => post(file, told, false));
  };

  let depth = 0;
  const over = (on) => zone()?.classList.toggle("zw-own-over", on);
  const hasFiles = (event) => zone() && [...(event.dataTransfer?.types || [])].includes("Files");
  document.addEventListener("dragenter", (event) => { if (hasFiles(event)) { depth++; over(true); } });
  document.addEventListener("dragleave", (event) => { if (hasFiles(event) && --depth <= 0) over(false); });
  document.addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    over(false);
    for (const item of event.dataTransfer.items) {
      if (item.kind !== "file") continue;
      const entry = item.webkitGetAsEntry?.();
      if (entry?.isDirectory) row(entry.name).tell(say("send-folder"), "failed");
      else take(item.getAsFile());
    }
  });
  document.addEventListener("change", (event) => {
    const field = event.target.closest("input[data-files]");
    if (!field) return;
    [...field.files].forEach(take);
    field.value = "";
  });
})();
