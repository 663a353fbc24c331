// A part of the page that is fetched when it is first wanted: what could not be fetched is told, the rest stays.
import { Component, Suspense } from "react";
import { t } from "../texts";

interface Props {
  /** What it is. */
  name: "map" | "analysis" | "table" | "print" | "chart" | "heat" | "editor" | "undoes" | "signing";
  children: React.ReactNode;
  /** What shows in its place until it is here. */
  meanwhile?: React.ReactNode;
}

export class Fetched extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    const { name, children, meanwhile = null } = this.props;
    if (this.state.failed)
      return (
        <p role="alert" className="unfetched">
          {t("page.unfetched", { name: t(`page.${name}`) })}
        </p>
      );
    return <Suspense fallback={meanwhile}>{children}</Suspense>;
  }
}
