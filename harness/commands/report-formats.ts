/** What `hupspec report` can render; apart from the renderers, so that naming them does not load them. */
export const REPORT_FORMATS = ["table", "markdown", "junit", "html", "json"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export interface ReportOptions {
  readonly file: string;
  readonly format: ReportFormat;
}
