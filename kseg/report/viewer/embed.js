// Opens the viewer over the report: unpacks the library and the volumes from the page itself.
"use strict";

(() => {
  const host = document.getElementById("viewer");
  const NAMES = { image: "Scan", truth: "Truth", predicted: "Prediction" };
  // Of labels: filled, and with an outline around.
  const HALF = 0.5;
  const FAINT = 0.05;
  const VIEWS = [
    [3, "three planes"],
    [0, "axial"],
    [1, "coronal"],
    [2, "sagittal"],
    [4, "rendering"],
  ];
  const STYLE = `
    .kseg-viewer { box-sizing: border-box; width: 96vw; height: 94vh; max-width: none;
      max-height: none; padding: 0.6rem; border: 1px solid #777; border-radius: 0.4rem;
      background: #111; color: #eee; }
    .kseg-viewer[open] { display: flex; flex-direction: column; gap: 0.5rem; }
    .kseg-viewer::backdrop { background: rgb(0 0 0 / 70%); }
    .kseg-viewer h2 { margin: 0; font-size: 1.05rem; flex: 1 1 auto; }
    .kseg-viewer-row { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 1.2rem; }
    .kseg-viewer-row label { display: inline-flex; align-items: center; gap: 0.35rem; }
    .kseg-viewer button, .kseg-viewer select { font: inherit; color: inherit; background: #2b2b2b;
      border: 1px solid #777; border-radius: 0.3rem; padding: 0.25rem 0.6rem; }
    .kseg-viewer :focus-visible { outline: 3px solid #5ac8fa; outline-offset: 1px; }
    .kseg-viewer input[type="range"] { width: 6rem; }
    .kseg-viewer-swatch { width: 0.8em; height: 0.8em; border-radius: 0.2em; }
    .kseg-viewer-stage { position: relative; flex: 1 1 auto; min-height: 8rem; }
    .kseg-viewer p { margin: 0; font-size: 0.85rem; color: #bbb; }
    .kseg-viewer p[role="status"] { font-size: 1rem; color: #fff; }
  `;
  const SWATCHES = { truth: "#0b8df5", predicted: "#f5561b" };

  function element(name, properties = {}, children = []) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function bytesOf(node) {
    const text = atob(node.textContent);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
    return bytes;
  }

  function volumesOf(key) {
    const nodes = [...document.querySelectorAll("script[data-volume]")];
    return nodes.filter((node) => node.dataset.case === key);
  }

  async function loadLibrary() {
    if (window.niivue) return;
    const packed = new Blob([bytesOf(document.getElementById("viewer-library"))]);
    const plain = packed.stream().pipeThrough(new DecompressionStream("gzip"));
    const text = await new Response(plain).arrayBuffer();
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    try {
      await new Promise((resolve, reject) => {
        const script = element("script", { src: address, onload: resolve });
        script.onerror = () => reject(new Error("The viewer in this page could not be started."));
        document.head.append(script);
      });
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  function row(viewer, node, index) {
    const kind = node.dataset.volume;
    const first = viewer.volumes[index].opacity;
    const show = element("input", { type: "checkbox", checked: true });
    const opacity = element("input", { type: "range", min: 0, max: 1, step: 0.05, value: first });
    opacity.setAttribute("aria-label", `Opacity of ${NAMES[kind]}`);
    const set = () => {
      window.ksegViewer.setOpacity(viewer, index, show.checked ? Number(opacity.value) : 0);
    };
    if (kind !== "image") opacity.dataset.labels = "";
    show.addEventListener("change", set);
    opacity.addEventListener("change", set);
    opacity.addEventListener("input", () => {
      show.checked = true;
      set();
    });
    const swatch = element("span", { className: "kseg-viewer-swatch" });
    swatch.style.background = SWATCHES[kind] ?? "linear-gradient(90deg, #000, #fff)";
    return element("span", { className: "kseg-viewer-row" }, [
      element("label", {}, [show, swatch, NAMES[kind]]),
      opacity,
    ]);
  }

  function controls(dialog, viewer, nodes) {
    const options = VIEWS.map(([value, textContent]) => element("option", { value, textContent }));
    const view = element("select", {}, options);
    view.addEventListener("change", () => viewer.setSliceType(Number(view.value)));
    const outlines = element("input", { type: "checkbox" });
    outlines.addEventListener("change", () => {
      viewer.opts.atlasOutline = outlines.checked ? 1 : 0;
      for (const slider of dialog.querySelectorAll("input[data-labels]")) {
        slider.value = outlines.checked ? FAINT : HALF;
        slider.dispatchEvent(new Event("change"));
      }
    });
    return [
      element("label", {}, ["View", view]),
      ...nodes.map((node, index) => row(viewer, node, index)),
      element("label", {}, [outlines, "Outlines only"]),
    ];
  }

  function titleOf(button) {
    const ids = button.getAttribute("aria-describedby") ?? "";
    const named = document.getElementById(ids.split(" ")[0]);
    return (named?.textContent ?? button.dataset.viewerCase).replace(/\s+/g, " ").trim();
  }

  function makeDialog(button, nodes) {
    const close = element("button", { type: "button", textContent: "Close" });
    const state = element("p", { textContent: "Opening…" });
    state.setAttribute("role", "status");
    const bar = element("div", { className: "kseg-viewer-row" });
    const stage = element("div", { className: "kseg-viewer-stage" });
    const title = element("h2", { id: "kseg-viewer-title", textContent: titleOf(button) });
    const note = element("p", {
      textContent:
        `${nodes[0].dataset.note} Click to move the crosshair, turn the wheel to leaf through ` +
        "slices, drag with the right button for contrast. Escape closes.",
    });
    const dialog = element("dialog", { className: "kseg-viewer" }, [
      element("div", { className: "kseg-viewer-row" }, [title, close]),
      bar,
      state,
      stage,
      note,
    ]);
    dialog.setAttribute("aria-labelledby", title.id);
    close.addEventListener("click", () => dialog.close());
    return { dialog, bar, state, stage };
  }

  async function fill({ dialog, bar, state, stage }, nodes) {
    await loadLibrary();
    const volumes = nodes.map((node) => ({
      name: `${node.dataset.volume}.nii.gz`,
      kind: node.dataset.volume === "image" ? "image" : "labels",
      colours: node.dataset.volume,
      bytes: bytesOf(node).buffer,
    }));
    const viewer = await window.ksegViewer.open(stage, volumes);
    if (!dialog.open) {
      window.ksegViewer.close(viewer);
      return;
    }
    dialog.addEventListener("close", () => window.ksegViewer.close(viewer));
    bar.append(...controls(dialog, viewer, nodes));
    state.remove();
    dialog.dataset.ready = "yes";
  }

  function show(button) {
    const nodes = volumesOf(button.dataset.viewerCase);
    const parts = makeDialog(button, nodes);
    host.replaceChildren(parts.dialog);
    host.hidden = false;
    parts.dialog.addEventListener("close", () => {
      parts.dialog.remove();
      host.hidden = true;
      button.focus();
    });
    parts.dialog.showModal();
    fill(parts, nodes).catch((error) => {
      parts.state.textContent = `The volumes cannot be shown. ${error.message}`;
      parts.stage.hidden = true;
    });
  }

  function start() {
    if (!host) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    for (const button of document.querySelectorAll("button[data-viewer-case]")) {
      if (volumesOf(button.dataset.viewerCase).length) {
        button.addEventListener("click", () => show(button));
      } else {
        button.disabled = true;
      }
    }
  }

  start();
})();
