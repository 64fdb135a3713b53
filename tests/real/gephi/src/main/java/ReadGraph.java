import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.gephi.graph.api.Edge;
import org.gephi.graph.api.Graph;
import org.gephi.graph.api.GraphController;
import org.gephi.graph.api.GraphModel;
import org.gephi.graph.api.Node;
import org.gephi.io.importer.api.Container;
import org.gephi.io.importer.api.EdgeDirectionDefault;
import org.gephi.io.importer.api.ImportController;
import org.gephi.io.importer.api.Report;
import org.gephi.io.processor.plugin.DefaultProcessor;
import org.gephi.project.api.ProjectController;
import org.gephi.project.api.Workspace;
import org.openide.util.Lookup;

/** Opens a graph file with Gephi's own importer and prints what Gephi sees, one tab-separated line a thing. */
public final class ReadGraph {
    private ReadGraph() {}

    private static String text(Object value) {
        return value == null ? "" : value.toString().replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r");
    }

    private static Object attribute(org.gephi.graph.api.Element element, String name) {
        for (String key : element.getAttributeKeys()) {
            if (key.equals(name) || key.endsWith("-" + name)) {
                return element.getAttribute(key);
            }
        }
        return null;
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        ProjectController projects = Lookup.getDefault().lookup(ProjectController.class);
        projects.newProject();
        Workspace workspace = projects.getCurrentWorkspace();
        ImportController importer = Lookup.getDefault().lookup(ImportController.class);
        Container container = importer.importFile(new File(arguments[0]));
        container.getLoader().setEdgeDefault(EdgeDirectionDefault.MIXED);
        container.getLoader().setAutoScale(false);
        Report report = container.getReport();
        importer.process(container, new DefaultProcessor(), workspace);
        GraphModel model = Lookup.getDefault().lookup(GraphController.class).getGraphModel(workspace);
        Graph graph = model.getGraph();
        for (Node node : graph.getNodes().toArray()) {
            out.printf(Locale.ROOT, "node\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s%n", text(node.getId()), text(node.getLabel()),
                node.x(), node.y(), node.size(), Math.round(node.r() * 255), Math.round(node.g() * 255), Math.round(node.b() * 255),
                text(attribute(node, "kind")));
        }
        for (Edge edge : graph.getEdges().toArray()) {
            out.printf(Locale.ROOT, "edge\t%s\t%s\t%s\t%s\t%s\t%s%n", text(edge.getSource().getId()), text(edge.getTarget().getId()),
                edge.isDirected(), edge.getWeight(), text(edge.getTypeLabel()), text(attribute(edge, "curve")));
        }
        for (org.gephi.io.importer.api.Issue issue : (Iterable<org.gephi.io.importer.api.Issue>) () -> report.getIssues(1000)) {
            out.printf("issue\t%s\t%s%n", issue.getLevel(), text(issue.getMessage()));
        }
        System.exit(0);
    }
}
