/** Whether rows are a query's own, and not yet those that the page was built with: a table can search only the former, and reports an error for the latter. */
export const isQuery = (rows) => rows?.isQuery === true;
