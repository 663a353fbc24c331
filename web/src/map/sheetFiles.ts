// A sheet as a file: pixels as PNG; or PDF, with texts that are found and copied.
import type { jsPDF } from "jspdf";
import type { Mark, Measure, Sheet } from "./layout";
import { frames, marks } from "./layout";
import { INCH } from "./paper";
import regular from "@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf?url";
import bold from "@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf?url";
import { language, t } from "../texts";

const FONT = "Noto Sans";
const POINT = INCH / 72; // millimetres

async function bytes(url: string): Promise<ArrayBuffer> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(t("errors.status", { status: answer.status, url }));
  return answer.arrayBuffer();
}

/** The picture of the map and all that stands around it; the font is the PDF's, too. */
export async function png(sheet: Sheet, map: HTMLCanvasElement): Promise<Blob> {
  await Promise.all(
    [
      [regular, "400"],
      [bold, "700"],
    ].map(async ([url = "", weight = ""]) => {
      const face = new FontFace(FONT, await bytes(url), { weight });
      document.fonts.add(await face.load());
    }),
  );
  const { width, height, dpi } = sheet.size;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round((width / INCH) * dpi);
  canvas.height = Math.round((height / INCH) * dpi);
  const context = canvas.getContext("2d");
  if (!context) throw new Error(t("errors.memory"));
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(dpi / INCH, dpi / INCH);
  const at = frames(sheet.size).map;
  context.drawImage(map, at.x, at.y, at.width, at.height);
  const measure: Measure = (text, size, bold) => {
    context.font = `${bold ? 700 : 400} ${size}px "${FONT}"`;
    return context.measureText(text).width;
  };
  for (const mark of marks(sheet, measure)) onCanvas(context, mark);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error(t("errors.memory")));
    }, "image/png");
  });
}

function onCanvas(context: CanvasRenderingContext2D, mark: Mark): void {
  if (mark.kind === "text") {
    context.font = `${mark.bold ? 700 : 400} ${mark.size}px "${FONT}"`;
    context.fillStyle = mark.color;
    context.textAlign = mark.align ?? "left";
    context.fillText(mark.text, mark.x, mark.y);
    return;
  }
  context.beginPath();
  if (mark.kind === "rect") context.rect(mark.x, mark.y, mark.width, mark.height);
  else {
    for (const [x, y] of mark.points) context.lineTo(x, y);
    if (mark.fill) context.closePath();
  }
  if (mark.fill) {
    context.fillStyle = mark.fill;
    context.fill();
  }
  if (mark.stroke) {
    context.strokeStyle = mark.stroke;
    context.lineWidth = mark.line ?? 0.2;
    context.stroke();
  }
}

/** A page of the size of the sheet, with texts as texts. */
export async function pdf(sheet: Sheet, map: HTMLCanvasElement): Promise<Blob> {
  const { jsPDF } = await import("jspdf");
  const { width, height } = sheet.size;
  const file = new jsPDF({
    unit: "mm",
    format: [width, height],
    orientation: width > height ? "landscape" : "portrait",
    compress: true,
  });
  file.setProperties({ title: sheet.title, subject: sheet.subtitle, creator: t("page.name") });
  file.setLanguage(language());
  for (const [url, style] of [
    [regular, "normal"],
    [bold, "bold"],
  ] as const) {
    file.addFileToVFS(`${style}.ttf`, binary(await bytes(url)));
    file.addFont(`${style}.ttf`, FONT, style);
  }
  const measure: Measure = (text, size, bold) => {
    file.setFont(FONT, bold ? "bold" : "normal").setFontSize(size / POINT);
    return file.getTextWidth(text);
  };
  const at = frames(sheet.size).map;
  const picture = await jpeg(map);
  file.addImage(new Uint8Array(picture), "JPEG", at.x, at.y, at.width, at.height);
  for (const mark of marks(sheet, measure)) onPage(file, mark);
  return file.output("blob");
}

/** jsPDF takes files of fonts as strings of bytes. */
function binary(buffer: ArrayBuffer): string {
  let text = "";
  for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte);
  return text;
}

/** Photographic compression is a tenth of the size of PNG, and jsPDF takes it as it is. */
async function jpeg(map: HTMLCanvasElement): Promise<ArrayBuffer> {
  const blob = await new Promise<Blob | null>((resolve) => {
    map.toBlob(resolve, "image/jpeg", 0.93);
  });
  if (!blob) throw new Error(t("errors.memory"));
  return blob.arrayBuffer();
}

function onPage(file: jsPDF, mark: Mark): void {
  if (mark.kind === "text") {
    const { text, x, y, size, align = "left", url } = mark;
    file.setFont(FONT, mark.bold ? "bold" : "normal").setFontSize(size / POINT);
    file.setTextColor(mark.color);
    file.text(text, x, y, { align });
    const width = file.getTextWidth(text);
    if (url) file.link(align === "right" ? x - width : x, y - size, width, size * 1.3, { url });
    return;
  }
  if (mark.fill) file.setFillColor(mark.fill);
  if (mark.stroke) file.setDrawColor(mark.stroke).setLineWidth(mark.line ?? 0.2);
  const style = [mark.fill && "F", mark.stroke && "D"].filter(Boolean).join("");
  if (mark.kind === "rect") file.rect(mark.x, mark.y, mark.width, mark.height, style);
  else {
    const [[x, y] = [0, 0], ...rest] = mark.points;
    const steps = rest.map(([to, down], place) => {
      const [before, above] = mark.points[place] ?? [x, y];
      return [to - before, down - above];
    });
    file.lines(steps, x, y, [1, 1], style, Boolean(mark.fill));
  }
}
